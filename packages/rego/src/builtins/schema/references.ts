/** The places of a schema that others can refer to, and what refers to them. */
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import { parseUrl, UrlError, unescapeUrl } from '../go/url.ts';
import { SchemaError } from './schema.ts';

const DRAFTS: ReadonlyMap<string, number> = new Map(
  [4, 6, 7].map((draft) => [`http://json-schema.org/draft-0${draft}/schema`, draft]),
);

/** A reference as it is looked up: with no empty fragment. */
export function normalReference(text: string): string {
  try {
    parseUrl(text);
  } catch (error) {
    if (error instanceof UrlError) throw new SchemaError(error.message);
    throw error;
  }
  return text.endsWith('#') ? text.slice(0, -1) : text;
}

/** What a document says of its draft; `undefined` where it says nothing of one that is known. */
function draftOf(document: Value): number | undefined {
  if (typeof document === 'boolean') return undefined;
  if (!(document instanceof RegoObject)) throw new SchemaError('schema is invalid');
  const named = document.get('$schema');
  if (named === undefined) return undefined;
  if (typeof named !== 'string') throw new SchemaError('$schema must be of type string');
  return DRAFTS.get(normalReference(named));
}

interface Place {
  readonly node: Value;
  readonly draft: number | undefined;
}

/** Members of these are schemas under names of any kind, not keywords. */
const NAMED: ReadonlySet<Value> = new Set(['properties', 'dependencies', 'patternProperties']);
/** Taken literally. */
const LITERAL: ReadonlySet<Value> = new Set(['const', 'enum']);

export class References {
  readonly draft: number | undefined;
  readonly #places = new Map<string, Place>();
  /** Objects are told apart by identity, not by what they hold. */
  readonly #targets = new Map<RegoObject, string>();
  readonly #step: () => void;

  /** The document MUST NOT hold one object at two places. */
  constructor(document: Value, step: () => void) {
    this.#step = step;
    this.draft = draftOf(document);
    this.#collect(document, '');
    this.#places.set('', { node: document, draft: this.draft });
  }

  /** Where the `$ref` of an object leads to. */
  target(node: RegoObject, written: string): string {
    return this.#targets.get(node) ?? normalReference(written);
  }

  /** Nothing outside the document is ever loaded. */
  find(reference: string): Place {
    const known = this.#places.get(reference);
    if (known !== undefined) return known;
    const { base, fragment } = splitFragment(reference);
    const document = this.#places.get(base);
    if (document === undefined) {
      const isRemote = /^[a-zA-Z][\w+.-]*:\/\/[^/?#]|^file:\//.test(base);
      throw new SchemaError(
        isRemote
          ? `remote reference loading disabled: ${reference}`
          : `Reference ${reference} must be canonical`,
      );
    }
    const place = { node: pointedAt(document.node, fragment), draft: document.draft };
    this.#places.set(reference, place);
    return place;
  }

  #collect(node: Value, base: string): void {
    this.#step();
    if (node instanceof RegoArray) {
      for (const item of node.items) this.#collect(item, base);
    } else if (node instanceof RegoObject) {
      const own = this.#placed(node, base);
      const ref = node.get('$ref');
      const target = typeof ref === 'string' ? resolved(own, ref) : undefined;
      if (target !== undefined) this.#targets.set(node, target);
      for (const [key, item] of node.entries()) this.#collectMember(key, item, own);
    }
  }

  #collectMember(key: Value, item: Value, base: string): void {
    if (LITERAL.has(key)) return;
    if (!NAMED.has(key)) {
      this.#collect(item, base);
    } else if (item instanceof RegoObject) {
      for (const [, schema] of item.entries()) this.#collect(schema, base);
    }
  }

  /** The base of what is in the object; its identifier makes it a place. */
  #placed(node: RegoObject, base: string): string {
    const id = node.get('id') ?? node.get('$id');
    const own = typeof id === 'string' ? resolved(base, id) : undefined;
    if (own === undefined) return base;
    if (this.#places.has(own)) throw new SchemaError(`Reference already exists: "${own}"`);
    this.#places.set(own, { node, draft: this.draft });
    return own;
  }
}

function splitFragment(reference: string): { readonly base: string; readonly fragment: string } {
  const hash = reference.indexOf('#');
  if (hash < 0) return { base: reference, fragment: '' };
  return { base: reference.slice(0, hash), fragment: reference.slice(hash + 1) };
}

/** RFC 6901; what is no pointer means the whole document. */
function pointedAt(document: Value, fragment: string): Value {
  const pointer = unescapeUrl(fragment, 'fragment');
  if (!pointer.startsWith('/')) return document;
  let node = document;
  for (const token of pointer.slice(1).split('/')) node = memberOf(node, token);
  return node;
}

function memberOf(node: Value, token: string): Value {
  if (node instanceof RegoObject) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    const member = node.get(key);
    if (member === undefined) throw new SchemaError(`Object has no key '${key}'`);
    return member;
  }
  if (!(node instanceof RegoArray)) throw new SchemaError(`Invalid token reference '${token}'`);
  if (!/^[+-]?\d+$/.test(token)) throw new SchemaError(`Invalid array index '${token}'`);
  const item = node.items[Number(token)];
  if (item === undefined) {
    throw new SchemaError(`Out of bound array[0,${node.length}] index '${Number(token)}'`);
  }
  return item;
}

const PARTS = /^(?:([a-zA-Z][a-zA-Z\d+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/s;

/** RFC 3986 §5.2.2; `undefined` for what is no reference. */
function resolved(base: string, reference: string): string | undefined {
  try {
    parseUrl(reference);
  } catch (error) {
    if (error instanceof UrlError) return undefined;
    throw error;
  }
  const [, scheme, host, path = '', query = '', fragment = ''] = PARTS.exec(reference) ?? [];
  const [, baseScheme, baseHost, basePath = '', baseQuery = ''] = PARTS.exec(base) ?? [];
  const end = fragment === '#' ? '' : fragment;
  if (scheme !== undefined) {
    return composed(scheme, host, path.startsWith('/') ? withoutDots(path) : path, query + end);
  }
  if (host !== undefined) return composed(baseScheme, host, withoutDots(path), query + end);
  if (path === '') return composed(baseScheme, baseHost, basePath, (query || baseQuery) + end);
  const merged = path.startsWith('/') ? path : basePath.slice(0, basePath.lastIndexOf('/') + 1) + path;
  return composed(baseScheme, baseHost, withoutDots(merged), query + end);
}

function composed(scheme: string | undefined, host: string | undefined, path: string, end: string): string {
  const start = `${scheme === undefined ? '' : `${scheme.toLowerCase()}:`}${host === undefined ? '' : `//${host}`}`;
  return `${start}${path}${end}`;
}

/** A resolved path is absolute. */
function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
  }
  const last = segments.at(-1);
  if (last === '.' || last === '..') kept.push('');
  const joined = kept.join('/');
  return path === '' || joined.startsWith('/') ? joined : `/${joined}`;
}
