/** METADATA blocks: comments that are YAML, above the package or rule that they are about. */
import type { Annotations, Comment, Location, Module } from './ast.ts';
import type { RegoProblem } from './error.ts';
import { AnnotationError, type ReadTerm, readFields } from './annotation-fields.ts';
import type { ReadYaml } from './yaml.ts';

interface Block {
  readonly location: Location;
  readonly comments: readonly Comment[];
}

/** The blocks of a module, in order; what cannot be read goes to `problems`. */
export function readAnnotations(
  comments: readonly Comment[],
  readYaml: ReadYaml,
  readTerm: ReadTerm,
  problems: RegoProblem[],
): readonly Annotations[] {
  return blocksOf(comments).flatMap((block): readonly Annotations[] => {
    try {
      return [readBlock(block, readYaml, readTerm)];
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
}

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

function readBlock({ location, comments }: Block, readYaml: ReadYaml, readTerm: ReadTerm): Annotations {
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

/** What an annotation stands above. */
export type AnnotationTarget = Module['package'] | Module['imports'][number] | Module['rules'][number];

/** The first statement below a row. */
export function targetBelow(module: Module, row: number): AnnotationTarget | undefined {
  const statements: AnnotationTarget[] = [module.package, ...module.imports, ...module.rules];
  return statements
    .filter(({ location }) => location.row > row)
    .reduce<AnnotationTarget | undefined>(
      (first, next) => (first === undefined || next.location.row < first.location.row ? next : first),
      undefined,
    );
}

export function isRule(target: AnnotationTarget | undefined): target is Module['rules'][number] {
  return target !== undefined && 'head' in target;
}

export function isPackage(target: AnnotationTarget | undefined): target is Module['package'] {
  return target !== undefined && !('head' in target) && !('alias' in target);
}

/** Gives annotations the scope that their place means, and says which cannot stand where they do. */
export function attachAnnotations(module: Module, problems: RegoProblem[]): readonly Annotations[] {
  return module.annotations.map((annotation) => {
    const target = targetBelow(module, annotation.location.row);
    const scope = annotation.scope === '' ? scopeOf(target, annotation.entrypoint) : annotation.scope;
    for (const message of misplaced(scope, annotation.entrypoint, target)) {
      problems.push({ code: 'rego_parse_error', message, location: annotation.location });
    }
    return { ...annotation, scope };
  });
}

function scopeOf(target: AnnotationTarget | undefined, entrypoint: boolean): string {
  if (target === undefined) return '';
  if (isRule(target)) return entrypoint ? 'document' : 'rule';
  return isPackage(target) ? 'package' : 'import';
}

function misplaced(
  scope: string,
  entrypoint: boolean,
  target: AnnotationTarget | undefined,
): readonly string[] {
  const have =
    target === undefined
      ? ''
      : ` (have ${isRule(target) ? 'rule' : isPackage(target) ? 'package' : 'import'})`;
  const messages: string[] = [];
  if (scope === 'rule' || scope === 'document') {
    if (!isRule(target)) messages.push(`annotation scope '${scope}' must be applied to rule${have}`);
  } else if (scope === 'package' || scope === 'subpackages') {
    if (!isPackage(target)) messages.push(`annotation scope '${scope}' must be applied to package${have}`);
  } else {
    messages.push(
      `invalid annotation scope '${scope}'. Use one of 'rule', 'document', 'package', or 'subpackages'`,
    );
  }
  if (entrypoint && scope !== 'document' && scope !== 'package') {
    messages.push(`annotation entrypoint applied to non-document or package scope '${scope}'`);
  }
  return messages;
}
