/** YAML as OPA reads it: the first document of a stream, all of which must be well-formed. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseAllDocuments,
  visit,
  type YAMLMap,
  type YAMLSeq,
  type Scalar as YamlScalar,
} from 'yaml';
import { numberFromBigint, numberFromText } from '../../values/number.ts';
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import { builtinError } from '../builtin.ts';
import { Base64Error, decodeBase64 } from '../go/base64.ts';
import { formatFloat } from '../go/float-text.ts';
import { stringOf } from '../go/text.ts';
import { resolveScalar, type Scalar } from './scalar.ts';

type Spend = (steps: number) => void;

/** An alias may stand for so many nodes that a short text becomes an endless value. */
const MAX_NODES = 1_000_000;
/** The library takes some microseconds for each character of dense YAML, and cannot be stopped. */
const MAX_LENGTH = 2 ** 20;

export function readYaml(text: string, spend: Spend): Value {
  if (text.length > MAX_LENGTH) {
    throw builtinError(`yaml: a text of ${text.length} characters: at most ${MAX_LENGTH} are read`);
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    lineCounter: lines,
    logLevel: 'silent',
    strict: true,
  });
  const list = Array.isArray(documents) ? documents : [];
  for (const document of list) {
    const [error] = document.errors;
    if (error !== undefined) throw builtinError(`yaml: line ${lineOf(lines, error.pos[0])}: ${said(error)}`);
  }
  const [first] = list;
  return first === undefined ? null : new Reader(first, spend).read(first.contents);
}

function lineOf(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line);
}

/** In the words of go-yaml where one mistake is the same in both. */
function said({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code === 'MISSING_CHAR' || code === 'BAD_INDENT') return "did not find expected ',' or ']'";
  if (code === 'TAB_AS_INDENT') return 'found character that cannot start any token';
  return message.split('\n')[0] ?? message;
}

/** What each alias stands for: the last node before it with that anchor. */
function targetsOf(document: Document.Parsed<ParsedNode>): ReadonlyMap<unknown, unknown> {
  const anchors = new Map<string, unknown>();
  const targets = new Map<unknown, unknown>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) targets.set(node, anchors.get(node.source));
      else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

class Reader {
  readonly #targets: ReadonlyMap<unknown, unknown>;
  readonly #spend: Spend;
  readonly #open = new Set<unknown>();
  #nodes = 0;

  constructor(document: Document.Parsed<ParsedNode>, spend: Spend) {
    this.#targets = targetsOf(document);
    this.#spend = spend;
  }

  read(node: unknown): Value {
    this.#spend(1);
    if (++this.#nodes > MAX_NODES) throw builtinError('yaml: document contains excessive aliasing');
    if (node === null || node === undefined) return null;
    if (isAlias(node)) return this.#aliased(node);
    if (isMap(node)) return this.#inside(node, () => this.#map(node));
    if (isSeq(node)) return this.#inside(node, () => this.#sequence(node));
    if (!isScalar(node)) return null;
    return node.tag === `${CORE_TAG}binary`
      ? binaryText(textOf(node))
      : valueOf(scalarOf(node), textOf(node));
  }

  #aliased(alias: Alias): Value {
    const target = this.#targets.get(alias);
    if (target === undefined) throw builtinError(`yaml: unknown anchor '${alias.source}' referenced`);
    if (this.#open.has(target)) throw builtinError(`yaml: anchor '${alias.source}' value contains itself`);
    return this.read(target);
  }

  #inside<T>(node: unknown, read: () => T): T {
    this.#open.add(node);
    const value = read();
    this.#open.delete(node);
    return value;
  }

  #sequence(node: YAMLSeq): RegoArray {
    return new RegoArray(node.items.map((item) => this.read(item)));
  }

  /** A key of its own wins over one that is merged in, and the last of equal keys over the others. */
  #map(node: YAMLMap): RegoObject {
    const own = new Map<string, Value>();
    const merged = new Map<string, Value>();
    for (const { key, value } of node.items) {
      if (isMergeKey(key)) this.#merge(value, merged);
      else own.set(keyText(this.#resolved(key)), this.read(value));
    }
    return RegoObject.of([...[...merged].filter(([key]) => !own.has(key)), ...own]);
  }

  /** Of several maps that are merged in, the first one counts. */
  #merge(value: unknown, into: Map<string, Value>): void {
    const target = this.#resolved(value);
    const maps = isSeq(target) ? target.items : [target];
    for (const map of maps) {
      const merged = this.read(map);
      if (!(merged instanceof RegoObject)) {
        throw builtinError('yaml: map merge requires map or sequence of maps as the value');
      }
      for (const [key, item] of merged.entries()) {
        if (typeof key === 'string' && !into.has(key)) into.set(key, item);
      }
    }
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? this.#targets.get(node) : node;
  }
}

function isMergeKey(key: Pair['key']): boolean {
  return isScalar(key) && scalarOf(key).type === 'merge';
}

function textOf(node: YamlScalar): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? '');
}

const CORE_TAG = 'tag:yaml.org,2002:';

/** Quoted scalars are strings, unless a tag says otherwise. */
function scalarOf(node: YamlScalar): Scalar {
  const tag = node.tag?.startsWith(CORE_TAG) ? node.tag.slice(CORE_TAG.length) : node.tag;
  if (tag === 'str' || tag === 'binary') return { type: 'string' };
  if (tag === undefined || tag === '!') {
    return node.type === 'PLAIN' && tag === undefined ? resolveScalar(textOf(node)) : { type: 'string' };
  }
  const scalar = resolveScalar(textOf(node));
  return tag === 'float' && scalar.type === 'integer'
    ? { type: 'float', value: Number(scalar.value) }
    : tag in { int: 0, float: 0, bool: 0, null: 0, merge: 0 }
      ? scalar
      : { type: 'string' };
}

function valueOf(scalar: Scalar, text: string): Value {
  switch (scalar.type) {
    case 'null':
      return null;
    case 'boolean':
      return scalar.value;
    case 'integer':
      return numberFromBigint(scalar.value);
    case 'float':
      if (!Number.isFinite(scalar.value)) {
        throw builtinError(`json: unsupported value: ${formatFloat(scalar.value, 'g', -1)}`);
      }
      return numberFromText(jsonFloat(scalar.value));
    case 'string':
    case 'merge':
    case 'timestamp':
      return text;
  }
}

/** As encoding/json writes a float. */
function jsonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) {
    return formatFloat(value, 'e', -1).replace(/e([-+])0(\d)$/, 'e$1$2');
  }
  return formatFloat(value, 'f', -1);
}

function keyText(key: unknown): string {
  if (!isScalar(key)) throw builtinError('yaml: invalid map key');
  const scalar = scalarOf(key);
  switch (scalar.type) {
    case 'null':
      throw builtinError('unsupported map key of type: %!s(<nil>), key: <nil>');
    case 'boolean':
    case 'integer':
      return String(scalar.value);
    case 'float':
      return floatKey(scalar.value);
    default:
      return textOf(key);
  }
}

/** Printed with the digits of 32 bits. */
function floatKey(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const single = Math.fround(value);
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(single.toPrecision(digits));
    if (Math.fround(short) === single) return formatFloat(short, 'g', -1);
  }
  return formatFloat(single, 'g', -1);
}

/** Bytes in base64, as `!!binary` holds them. */
function binaryText(text: string): string {
  try {
    return stringOf(decodeBase64(text.replaceAll(/\s/g, ''), 'standard'));
  } catch (error) {
    if (error instanceof Base64Error) throw builtinError('yaml: !!binary value contains invalid base64 data');
    throw error;
  }
}
