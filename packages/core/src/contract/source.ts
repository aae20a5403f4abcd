import {
  type Document,
  isAlias,
  isNode,
  LineCounter,
  type Node,
  type ParsedNode,
  parseAllDocuments,
  visit,
} from 'yaml';
import { isStorable, parseJson } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import { hasMoreYamlTokens } from '../yaml/index.ts';
import { contractInvalid, type DocumentFinding, MAX_FINDINGS } from './finding.ts';

/** Longest document; an embedded policy of 500 lines has about 20,000 characters. */
const MAX_CHARACTERS = 1_000_000;
/** Most words and signs of one document; a line `key: value` has eight, a block of text is one. */
const MAX_TOKENS = 100_000;

/** One YAML or JSON document with the means to say where something stands. */
export interface Source {
  readonly filename: string;
  /** JSON is read by its own rules: a number is no text. */
  readonly format: 'json' | 'yaml';
  /** The part of the input that is this document. */
  readonly text: string;
  readonly root: Node | null;
  readonly aliases: ReadonlyMap<Node, Node>;
  position(node: Node | null): { readonly line: number; readonly column: number };
}

/**
 * Splits and parses the input; YAML 1.2 core schema, no tags of its own, aliases only to what stands before.
 * Empty documents are left out. Throws `contract_invalid` for what is no YAML.
 */
export function parseSources(input: string, filename: string): readonly Source[] {
  const fail = (message: string) => contractInvalid([{ line: 1, column: 1, path: '', message }], filename);
  if (input.length > MAX_CHARACTERS) {
    throw fail(`the document has ${input.length} characters, the limit is ${MAX_CHARACTERS}`);
  }
  // What a database and JSON cannot hold; the digest is over UTF-8, which has no lone surrogates.
  if (!isStorable(input)) throw fail('the document is not text: it holds NUL or half a character');
  const text = input.startsWith('\ufeff') ? input.slice(1) : input;
  if (hasMoreYamlTokens(text, MAX_TOKENS)) {
    throw fail(`the document has more than ${MAX_TOKENS} keys, values and signs: split it, or shorten it`);
  }
  const lines = new LineCounter();
  try {
    const documents = parseAllDocuments<ParsedNode>(text, {
      lineCounter: lines,
      schema: 'core',
      version: '1.2',
      customTags: [],
      stringKeys: true,
      prettyErrors: false,
      // The parser compares each key with all others, quadratic time; the readers here find duplicates by a set.
      uniqueKeys: false,
    });
    if (!Array.isArray(documents)) return [];
    const format = isJson(text) ? 'json' : 'yaml';
    return documents
      .map((document) => sourceOf(document, { filename, format, text, lines }))
      .filter((source) => !isEmpty(source.root));
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    // The YAML library recurses: deep nesting ends as a RangeError, here or in its own parser.
    throw fail('the document is nested too deeply or is not YAML');
  }
}

interface Whole {
  readonly filename: string;
  readonly format: 'json' | 'yaml';
  readonly text: string;
  readonly lines: LineCounter;
}

function sourceOf(document: Document.Parsed<ParsedNode>, whole: Whole): Source {
  const { filename, format, text, lines } = whole;
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = [...document.errors, ...document.warnings]
    .slice(0, MAX_FINDINGS)
    .map(
      (problem): DocumentFinding => ({ ...at(problem.pos[0]), path: '', message: explain(problem.message) }),
    );
  if (problems.length > 0) throw contractInvalid(problems, filename);
  const aliases = resolveAliases(document, (node) => {
    throw contractInvalid(
      [{ ...at(node.range?.[0] ?? 0), path: '', message: 'an alias to no anchor' }],
      filename,
    );
  });
  return {
    filename,
    format,
    text: text.slice(document.range[0], document.range[2]),
    root: document.contents,
    aliases,
    position: (node) => at(node?.range?.[0] ?? document.range[0]),
  };
}

/** The YAML library's own words, where they speak of its options or its inside. */
function explain(message: string): string {
  if (message.startsWith('Unresolved tag')) return `${message}: tags are not allowed`;
  if (message.startsWith('With stringKeys')) return 'keys must be text';
  return message.includes('call stack') ? 'nested too deeply' : message;
}

/** In one pass: asking the library per alias walks the document each time. */
function resolveAliases(
  document: Document.Parsed<ParsedNode>,
  missing: (node: Node) => never,
): Map<Node, Node> {
  const anchors = new Map<string, Node>();
  const aliases = new Map<Node, Node>();
  visit(document, (_key, node) => {
    if (!isNode(node)) return;
    if (isAlias(node)) aliases.set(node, anchors.get(node.source) ?? missing(node));
    else if (node.anchor) anchors.set(node.anchor, node);
  });
  return aliases;
}

function isEmpty(root: Node | null): boolean {
  return root === null || ('value' in root && root.value === null && root.range?.[0] === root.range?.[1]);
}

function isJson(text: string): boolean {
  if (!text.trimStart().startsWith('{')) return false;
  try {
    parseJson(text);
    return true;
  } catch {
    // Not JSON, or JSON with a fault: the YAML reader takes it and says where.
    return false;
  }
}
