import { isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import { explainLookAlike, isStorable, type Json, nearest, normalizeName, quoted } from '../bytes/index.ts';
import { contractInvalid, type DocumentFinding, MAX_FINDINGS } from './finding.ts';
import type { Source } from './source.ts';

const MAX_DEPTH = 64;
/** Nodes read, each alias counted anew: bounds what aliases of aliases can grow to. */
const MAX_NODES = 50_000;

/** Keys that are Waybill's own. A misspelt one is always refused: left out unread it would open a door. */
const OUR_KEYS: readonly string[] = ['signers', 'assurance'];
/** Words that only one of them can mean, wherever they stand. */
const OUR_WORDS: Readonly<Record<string, string>> = {
  signer: 'signers',
  assurance: 'assurance',
  slsa: 'assurance',
  freshness: 'assurance',
};

/** What is found while one document is read. */
export class Remarks {
  readonly errors: DocumentFinding[] = [];
  readonly warnings: DocumentFinding[] = [];
  /** What a careful reader would ask; told by the lint only. */
  readonly advice: DocumentFinding[] = [];
  readonly source: Source;
  readonly strict: boolean;
  #nodes = 0;

  constructor(source: Source, strict: boolean) {
    this.source = source;
    this.strict = strict;
  }

  /** Throws when there are errors. */
  settle(): void {
    if (this.errors.length > 0) throw contractInvalid(this.errors, this.source.filename, this.warnings);
  }

  add(list: DocumentFinding[], finding: DocumentFinding): void {
    if (list.length < MAX_FINDINGS) list.push(finding);
  }

  countNode(node: DocNode): void {
    if (++this.#nodes > MAX_NODES)
      this.#stop(node, `the document has more than ${MAX_NODES} values with its aliases`);
    if (node.depth > MAX_DEPTH)
      this.#stop(node, `nested deeper than ${MAX_DEPTH} levels, or an alias within itself`);
  }

  #stop(node: DocNode, message: string): never {
    throw contractInvalid(
      [{ ...this.source.position(node.node), path: node.path, message }],
      this.source.filename,
    );
  }
}

interface Place {
  readonly path: string;
  readonly depth: number;
  /** Where an error is shown when the value itself has no place: its key. */
  readonly shown?: Node | null;
}

interface Member {
  readonly key: string;
  readonly value: DocNode;
  readonly keyNode: DocNode;
}

/** A value of the document, with its place. Each `as…` records an error and answers undefined for another type. */
export class DocNode {
  readonly remarks: Remarks;
  readonly node: Node | null;
  readonly path: string;
  readonly depth: number;
  /** Where an error is shown: an alias stands where it is used. */
  readonly #shown: Node | null;

  constructor(remarks: Remarks, node: Node | null, place: Place) {
    this.remarks = remarks;
    this.#shown = place.shown ?? node;
    this.node = (node && remarks.source.aliases.get(node)) ?? node;
    this.path = place.path;
    this.depth = place.depth;
    remarks.countNode(this);
  }

  get isNull(): boolean {
    return this.node === null || (isScalar(this.node) && this.node.value === null);
  }

  error(message: string, suggestion?: string): undefined {
    this.remarks.add(this.remarks.errors, this.#finding(message, suggestion));
  }

  warn(message: string, suggestion?: string): undefined {
    this.remarks.add(this.remarks.warnings, this.#finding(message, suggestion));
  }

  advise(message: string): undefined {
    this.remarks.add(this.remarks.advice, this.#finding(message));
  }

  #finding(message: string, suggestion?: string): DocumentFinding {
    const position = this.remarks.source.position(this.#shown);
    return { ...position, path: this.path, message, ...(suggestion === undefined ? {} : { suggestion }) };
  }

  expected(what: string): undefined {
    return this.error(`expected ${what}, found ${this.describe()}`);
  }

  describe(): string {
    if (this.isNull) return 'nothing';
    if (isMap(this.node)) return 'a mapping';
    if (isSeq(this.node)) return 'a list';
    const value = isScalar(this.node) ? this.node.value : undefined;
    return typeof value === 'string' ? quoted(value) : String(value);
  }

  /** YAML takes `1.10` and `true` for text by the letters written (protoyaml); JSON does not. */
  asText(): string | undefined {
    if (isScalar(this.node)) {
      const { value, source } = this.node;
      if (typeof value === 'string') return this.#storable(value);
      if (value !== null && source !== undefined && this.remarks.source.format === 'yaml') return source;
    }
    return this.expected('text');
  }

  /** Escapes can write what the document itself may not hold. */
  #storable(text: string): string | undefined {
    return isStorable(text) ? text : this.error('expected text without NUL or half characters');
  }

  /** The keys as written; none for anything but a mapping. */
  keys(): readonly string[] {
    return isMap(this.node)
      ? this.node.items.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : ''))
      : [];
  }

  asBoolean(): boolean | undefined {
    if (isScalar(this.node) && typeof this.node.value === 'boolean') return this.node.value;
    return this.expected('true or false');
  }

  /** The number of a scalar written as an integer; undefined without an error for anything else. */
  get integer(): number | undefined {
    return isScalar(this.node) && Number.isSafeInteger(this.node.value)
      ? (this.node.value as number)
      : undefined;
  }

  asList(): readonly DocNode[] {
    if (!isSeq(this.node)) {
      this.expected('a list');
      return [];
    }
    return this.node.items.map((item, index) => this.#child(item as Node | null, `${this.path}[${index}]`));
  }

  /** Free keys, text values. */
  asTextMap(): Readonly<Record<string, string>> {
    const texts: [string, string][] = [];
    for (const { key, value } of this.#members()) {
      const text = value.isNull ? '' : value.asText();
      if (text !== undefined) texts.push([key, text]);
    }
    return Object.fromEntries(texts);
  }

  asJson(): Json {
    if (isSeq(this.node)) return this.asList().map((item) => item.asJson());
    if (isMap(this.node))
      return Object.fromEntries(this.#members().map(({ key, value }) => [key, value.asJson()]));
    const value = isScalar(this.node) ? this.node.value : null;
    if (typeof value === 'string') return this.#storable(value) ?? null;
    if (typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.error('a value that JSON cannot hold');
    return null;
  }

  /** Known keys only, in either casing. Unknown keys: see `#unknown`; `closed` refuses them all. */
  asObject(keys: readonly string[], options: { readonly closed?: boolean } = {}): DocObject | undefined {
    if (!isMap(this.node)) return this.expected('a mapping');
    const byAnyCase = new Map(keys.flatMap((key) => [[key, key] as const, [snakeCase(key), key] as const]));
    const members = new Map<string, DocNode>();
    for (const { key: written, value, keyNode } of this.#members()) {
      const key = byAnyCase.get(written);
      if (key === undefined) keyNode.#unknownKey(written, keys, options.closed === true);
      else if (members.has(key)) keyNode.error(`the key ${quoted(key)} stands twice, in two spellings`);
      else members.set(key, value);
    }
    return new DocObject(this, members);
  }

  #unknownKey(key: string, known: readonly string[], closed: boolean): void {
    const ours = ourKeyMeantBy(key);
    const meant = ours ?? nearest(key, known);
    const why = explainLookAlike(key);
    const message = `unknown key ${quoted(key)}${why ? ` (${why})` : ''}: ${hintFor(meant, known)}`;
    if (ours !== undefined) this.error(`${message} ${quoted(ours)} is never left unread`, ours);
    // Letters of another script are no other key but a disguise: the reader of the document takes it for the real one.
    else if (closed || this.remarks.strict || (why && meant !== undefined)) this.error(message, meant);
    else this.warn(message, meant);
  }

  #child(node: Node | null, path: string, shown?: Node | null): DocNode {
    return new DocNode(this.remarks, node, { path, depth: this.depth + 1, ...(shown ? { shown } : {}) });
  }

  #members(): readonly Member[] {
    if (!isMap(this.node)) {
      this.expected('a mapping');
      return [];
    }
    const seen = new Set<string>();
    return (this.node.items as readonly Pair<Node | null, Node | null>[]).flatMap((pair) => {
      const key = isScalar(pair.key) ? String((pair.key.value ?? '') as string | number | boolean) : '';
      const path = this.path === '' ? key : `${this.path}.${key}`;
      const keyNode = this.#child(pair.key, path);
      const hasPlace =
        pair.value?.range !== undefined &&
        pair.value.range !== null &&
        pair.value.range[1] > pair.value.range[0];
      const refused = isStorable(key) ? refusedKey(key, seen) : 'the key holds NUL or half a character';
      seen.add(key);
      if (refused !== undefined) {
        keyNode.error(refused);
        return [];
      }
      return { key, keyNode, value: this.#child(pair.value, path, hasPlace ? pair.value : pair.key) };
    });
  }
}

function refusedKey(key: string, seen: ReadonlySet<string>): string | undefined {
  if (key === '<<') return 'merge keys (<<) are not read: write the keys out';
  if (key === '__proto__') return 'the key "__proto__" is refused';
  return seen.has(key) ? `the key ${quoted(key)} stands twice` : undefined;
}

/** Near in letters, or with the word in it (`allowedSigners`, `signer`). */
function ourKeyMeantBy(key: string): string | undefined {
  const name = normalizeName(key);
  const word = Object.keys(OUR_WORDS).find((one) => name.includes(one));
  return word === undefined ? nearest(key, OUR_KEYS) : OUR_WORDS[word];
}

function hintFor(meant: string | undefined, known: readonly string[]): string {
  if (meant === undefined) return `expected one of ${known.join(', ')}`;
  if (known.includes(meant)) return `did you mean ${quoted(meant)}?`;
  return `${quoted(meant)} belongs under spec (at the top level in a v1 document).`;
}

/** The known keys of a mapping. A key with the value null is as good as absent (protojson), unless asked by `present`. */
export class DocObject {
  readonly self: DocNode;
  readonly #members: ReadonlyMap<string, DocNode>;

  constructor(self: DocNode, members: ReadonlyMap<string, DocNode>) {
    this.self = self;
    this.#members = members;
  }

  /** Also when the value is null. */
  present(key: string): DocNode | undefined {
    return this.#members.get(key);
  }

  get(key: string): DocNode | undefined {
    const node = this.#members.get(key);
    return node?.isNull ? undefined : node;
  }

  text(key: string): string {
    return this.get(key)?.asText() ?? '';
  }

  /** Records an error when there is none or an empty one. */
  requiredText(key: string): string | undefined {
    const node = this.get(key);
    if (node === undefined) return this.self.error(`expected the key ${quoted(key)}`);
    const text = node.asText();
    return text === '' ? node.error('expected text, found none') : text;
  }

  boolean(key: string): boolean {
    return this.get(key)?.asBoolean() ?? false;
  }

  optionalBoolean(key: string): boolean | null {
    return this.get(key)?.asBoolean() ?? null;
  }

  list(key: string): readonly DocNode[] {
    return this.get(key)?.asList() ?? [];
  }

  texts(key: string): readonly string[] {
    return this.list(key).flatMap((item) => item.asText() ?? []);
  }

  textMap(key: string): Readonly<Record<string, string>> {
    return this.get(key)?.asTextMap() ?? {};
  }
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
