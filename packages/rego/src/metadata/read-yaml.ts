/** METADATA blocks by the `yaml` package, as near to Go's reader as need be. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
} from 'yaml';
import type { YamlNode, YamlProblem } from './yaml-node.ts';

/** Nodes of one block, those that aliases repeat included. */
const MAX_NODES = 100_000;

/** Undefined for a document that holds nothing. */
export function readYaml(text: string): YamlNode | YamlProblem | undefined {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const [document] = 'empty' in documents ? [] : documents;
  if (document === undefined) return undefined;
  const [error] = document.errors;
  if (error !== undefined) {
    return { problem: `yaml: ${error.message}`, line: lines.linePos(error.pos[0]).line };
  }
  const reader = new Reader(document, lines);
  const node = document.contents === null ? undefined : reader.node(document.contents);
  return reader.problem === undefined ? node : { problem: `yaml: ${reader.problem}`, line: undefined };
}

class Reader {
  problem: string | undefined;
  readonly #document: ReturnType<typeof parseAllDocuments>[number];
  readonly #lines: LineCounter;
  #left = MAX_NODES;

  constructor(document: ReturnType<typeof parseAllDocuments>[number], lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  node(node: unknown): YamlNode {
    const line = this.#lines.linePos((node as Node | null)?.range?.[0] ?? 0).line;
    if (--this.#left < 0) this.problem ??= 'document contains excessive aliasing';
    if (this.problem !== undefined) return { kind: 'scalar', value: null, text: '', line };
    if (isAlias(node)) {
      const target = node.resolve(this.#document);
      if (target !== undefined) return this.node(target);
      this.problem = `unknown anchor '${node.source}' referenced`;
    }
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => this.node(item)), line };
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => [this.node(key), this.node(value)] as const);
      return { kind: 'map', entries, line };
    }
    return isScalar(node) ? scalar(node, line) : { kind: 'scalar', value: null, text: '', line };
  }
}

function scalar({ value, source = '' }: Scalar, line: number): YamlNode {
  if (typeof value === 'string') return { kind: 'scalar', value, text: value, line };
  const isPlain = typeof value === 'boolean' || typeof value === 'number' || value === null;
  return { kind: 'scalar', value: isPlain ? value : source, text: source, line };
}
