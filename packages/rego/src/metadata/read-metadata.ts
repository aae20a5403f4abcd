/** METADATA blocks: comments that are YAML, above the package or rule that they are about. */
import type { ReadMetadata, ReadTerm } from '../syntax/annotations.ts';
import type { Annotations, Comment, Location } from '../syntax/ast.ts';
import { AnnotationError, readFields } from './annotation-fields.ts';
import { readYaml } from './read-yaml.ts';

interface Block {
  readonly location: Location;
  readonly comments: readonly Comment[];
}

export const readMetadata: ReadMetadata = (comments, readTerm, problems) =>
  blocksOf(comments).flatMap((block): readonly Annotations[] => {
    try {
      return [readBlock(block, readTerm)];
    } catch (error) {
      if (!(error instanceof AnnotationError)) throw error;
      problems.push({
        code: 'rego_parse_error',
        message: error.message,
        location: placeOf(block, error),
      });
      return [];
    }
  });

function isMetadata({ text, location }: Comment): boolean {
  return location.col === 1 && text.trim().startsWith('METADATA');
}

/** A block ends where a line has no comment, one that is indented, or another block. */
function blocksOf(comments: readonly Comment[]): readonly Block[] {
  const blocks: { location: Location; comments: Comment[] }[] = [];
  let open: Comment[] | undefined;
  let previous = 0;
  for (const comment of comments) {
    const { row, col } = comment.location;
    if (isMetadata(comment)) {
      open = [];
      blocks.push({ location: comment.location, comments: open });
    } else if (col !== 1 || row !== previous + 1) open = undefined;
    else open?.push(comment);
    previous = row;
  }
  return blocks;
}

function readBlock({ location, comments }: Block, readTerm: ReadTerm): Annotations {
  const text = comments.map((comment) => `${comment.text.replace(/^ /, '')}\n`).join('');
  if (text.trim() === '') throw new AnnotationError('expected METADATA block, found whitespace');
  const root = readYaml(text);
  if (root !== undefined && 'problem' in root) {
    throw new AnnotationError(root.problem, root.line ?? Number.NEGATIVE_INFINITY);
  }
  const { scope, entrypoint, schemas, shown } = readFields(root, readTerm);
  return { scope, entrypoint, schemas, shown, location };
}

/** YAML's problems stand where OPA puts them: a line further than the text, as far as there is one. */
function placeOf({ location, comments }: Block, { line }: AnnotationError): Location {
  if (line === undefined) return location;
  const at = Math.min(Math.max(line, 0), comments.length - 1);
  return comments[at]?.location ?? location;
}
