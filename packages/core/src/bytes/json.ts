import { CodedError } from '../errors.ts';
import { fromUtf8 } from './encoding.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface JsonLimits {
  readonly maxDepth?: number;
  readonly maxBytes?: number;
  /** Values that the document may hold; four million unless told. */
  readonly maxValues?: number;
  /** True: refuses strings that no database can hold, see `isStorable`. */
  readonly storable?: boolean;
}

/**
 * JSON (RFC 8259) from a stranger: valid UTF-8, bounded depth (64 unless told), size and number of values (three
 * bytes of text can cost hundreds in memory), no duplicate key (two readers that disagree on which one counts are
 * an attack), no `__proto__` key, and no number that would read as infinite.
 * Throws `json_invalid`, `json_not_storable`, `json_too_deep`, `json_too_large`, `json_duplicate_key`, `bytes_utf8`.
 */
export function parseJson(input: Uint8Array | string, what = 'JSON', limits: JsonLimits = {}): Json {
  const maxBytes = limits.maxBytes ?? 64 * 1024 * 1024;
  if (input.length > maxBytes) {
    throw new CodedError('json_too_large', `${what}: ${input.length} bytes, the limit is ${maxBytes}`);
  }
  const text = typeof input === 'string' ? input : fromUtf8(input, what);
  scanJson(text, what, { maxDepth: limits.maxDepth ?? 64, maxValues: limits.maxValues ?? 4_000_000 });
  const value = read(text, what);
  // In bytes only an escape can spell such a character: without one the walk is saved.
  if (limits.storable === true && (text.includes('\\u') || !text.isWellFormed()))
    requireStorable(value, what);
  return value;
}

function read(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new CodedError('json_invalid', `${what}: not valid JSON (${(cause as Error).message})`, { cause });
  }
}

/** True for text that PostgreSQL can hold: without U+0000 and without half a surrogate pair (RFC 7493 §2.1). */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000');
}

function requireStorable(value: Json, what: string): void {
  const open: Json[] = [value];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const texts = typeof item === 'string' ? [item] : isObject(item) ? Object.keys(item) : [];
    if (!texts.every(isStorable)) {
      throw new CodedError('json_not_storable', `${what}: a string holds U+0000 or half a surrogate pair`);
    }
    if (typeof item === 'object' && item !== null) open.push(...Object.values(item));
  }
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One linear pass before JSON.parse, which itself would recurse, keep the last duplicate and never say so. */
function scanJson(
  text: string,
  what: string,
  { maxDepth, maxValues }: { readonly maxDepth: number; readonly maxValues: number },
): void {
  let values = 1;
  // One entry per open bracket: the keys seen so far of an object, null for an array.
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    // Each value but the first of its kind follows a bracket or a comma.
    if (c === 0x2c /* , */ || c === 0x7b || c === 0x5b) values++;
    if (values > maxValues) {
      throw new CodedError('json_too_large', `${what}: more than ${maxValues} values`);
    }
    if (c === 0x22 /* " */) {
      const end = endOfString(text, at);
      if (isKey(text, end, open)) addKey(text.slice(at, end + 1), open.at(-1) as Set<string>, what);
      at = end;
    } else if (c === 0x7b /* { */ || c === 0x5b /* [ */) {
      open.push(c === 0x7b ? new Set() : null);
      if (open.length > maxDepth) {
        throw new CodedError('json_too_deep', `${what}: nested deeper than ${maxDepth} levels`);
      }
    } else if (c === 0x7d /* } */ || c === 0x5d /* ] */) open.pop();
    else if (isDigit(c)) at = endOfNumber(text, at, what) - 1;
  }
}

const MAX_DIGITS = 300;

/** JSON.parse makes Infinity of 1e999, which no JSON can hold: the document could not be written again. */
function endOfNumber(text: string, start: number, what: string): number {
  let end = start;
  let hasExponent = false;
  for (let c = text.charCodeAt(end); isNumberPart(c); c = text.charCodeAt(++end)) {
    hasExponent ||= c === 0x65 || c === 0x45;
  }
  const isLarge = hasExponent || end - start > MAX_DIGITS;
  if (isLarge && Number(text.slice(start, end)) === Number.POSITIVE_INFINITY) {
    throw new CodedError('json_invalid', `${what}: a number is beyond what a double can hold`);
  }
  return end;
}

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}

function isNumberPart(c: number): boolean {
  return isDigit(c) || c === 0x2e || c === 0x65 || c === 0x45 || c === 0x2b || c === 0x2d;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 0x5c /* \ */) at++;
    else if (c === 0x22) break;
  }
  return at;
}

function isKey(text: string, end: number, open: readonly (Set<string> | null)[]): boolean {
  if (!open.at(-1)) return false;
  let at = end + 1;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at++;
  return text.charAt(at) === ':';
}

function addKey(quoted: string, keys: Set<string>, what: string): void {
  let key = quoted;
  // An escape can spell the same key another way; only then the cost of decoding is due.
  if (quoted.includes('\\')) {
    try {
      key = JSON.stringify(JSON.parse(quoted));
    } catch (cause) {
      throw new CodedError('json_invalid', `${what}: not valid JSON (bad escape in a key)`, { cause });
    }
  }
  if (keys.has(key)) throw new CodedError('json_duplicate_key', `${what}: the key ${key} stands twice`);
  if (key === '"__proto__"') throw new CodedError('json_invalid', `${what}: the key "__proto__" is refused`);
  keys.add(key);
}

/**
 * RFC 8785 canonical JSON. ECMAScript's own number and string formats are the ones the RFC prescribes,
 * so only the order of keys (by UTF-16 code unit) is ours to make.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  if (value === undefined || (typeof value === 'number' && !Number.isFinite(value))) {
    throw new CodedError('json_invalid', 'a value that JSON cannot hold');
  }
  return JSON.stringify(value);
}
