/** JSON without loss: numbers keep their text, objects any keys. */
import { Decimal } from './decimal.ts';
import { numberFromText, numberText, type RegoNumber } from './number.ts';
import { compareStrings } from './order.ts';
import { TextWriter } from './text-writer.ts';
import { type Entry, RegoArray, RegoObject, RegoSet, type Value } from './value.ts';

/**
 * Texts in which no number needs more than JavaScript's own: everything that looks like a fraction, an exponent,
 * a long integer or -0 outside a string, and escaped surrogates. It may take a string for a number, not the reverse.
 */
const NEEDS_CARE = /(?:^|[:,[\s])-?(?:0(?![\d.])(?<=-0)|\d{16}|\d+[.eE])|\\u[dD][89a-fA-F]/;

/** Reads JSON as Go does. Throws a SyntaxError for anything else. */
export function parseJson(text: string): Value {
  const parsed: unknown = NEEDS_CARE.test(text) ? JSON.parse(text, revive as Reviver) : JSON.parse(text);
  // The member of an array is adopted like any other.
  return RegoArray.ofParsed([parsed]).at(0) ?? null;
}

type Reviver = (this: unknown, key: string, value: unknown) => unknown;

/** ECMAScript hands the source text of a scalar as a third argument. */
function revive(this: unknown, _key: string, value: unknown, context: { readonly source: string }): unknown {
  if (typeof value === 'number') return numberFromText(context.source);
  // encoding/json replaces what is no Unicode.
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  return value;
}

/** Of any text of JSON, in characters. */
const MAX_JSON_LENGTH = 2 ** 25;

export interface JsonStyle {
  /** `<`, `>` and `&` as escapes, as encoding/json does unless told otherwise. */
  readonly escapeHtml?: boolean;
  /** A longer text is an EvaluationError, `eval_result_error`. */
  readonly maxLength?: number;
}

/** The JSON of a value: sets as arrays, keys that are no strings as the text of their JSON, keys in order. */
export function toJson(value: Value, style: JsonStyle = {}): string {
  const writer = new TextWriter(style.maxLength ?? MAX_JSON_LENGTH);
  write(value, writer, style.escapeHtml === true);
  return writer.finish();
}

function write(value: Value, writer: TextWriter, escapeHtml: boolean): void {
  if (typeof value === 'string') writer.put(quoted(value, escapeHtml));
  else if (value instanceof RegoArray || value instanceof RegoSet) writeList(value.items, writer, escapeHtml);
  else if (value instanceof RegoObject) writeObject(value, writer, escapeHtml);
  else if (value === null || typeof value === 'boolean') writer.put(String(value));
  else writer.put(numberJson(value));
}

/** Rego takes `.5` for a number, JSON does not. */
function numberJson(value: RegoNumber): string {
  return numberText(value).replace(/^(-?)\./, '$10.');
}

function writeList(items: readonly Value[], writer: TextWriter, escapeHtml: boolean): void {
  let separator = '[';
  for (const item of items) {
    writer.put(separator);
    write(item, writer, escapeHtml);
    separator = ',';
  }
  writer.put(separator === '[' ? '[]' : ']');
}

function writeObject(object: RegoObject, writer: TextWriter, escapeHtml: boolean): void {
  let separator = '{';
  for (const [key, value] of stringEntries(object)) {
    writer.put(separator);
    writer.put(quoted(key, escapeHtml));
    writer.put(':');
    write(value, writer, escapeHtml);
    separator = ',';
  }
  writer.put(separator === '{' ? '{}' : '}');
}

/** Entries under the strings that JSON knows keys as; of two that become the same the later in term order counts. */
function stringEntries(object: RegoObject): Iterable<readonly [string, Value]> {
  const entries = object.entries();
  if (entries.every((entry): entry is [string, Value] => typeof entry[0] === 'string')) return entries;
  const named = new Map(entries.map(([key, value]) => [jsonKey(key), value]));
  return [...named].sort(([a], [b]) => compareStrings(a, b));
}

/** How a key of an object stands in JSON. */
export function jsonKey(key: Value): string {
  return typeof key === 'string' ? key : toJson(key);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

function quoted(text: string, escapeHtml: boolean): string {
  const json = JSON.stringify(text.isWellFormed() ? text : text.toWellFormed());
  const special = escapeHtml ? /[<>&\u2028\u2029]/g : /[\u2028\u2029]/g;
  return json.replace(special, (found) => ESCAPES[found] ?? found);
}

/** A value of JavaScript as `JSON.stringify` would see it; bigints are numbers, Sets sets, Maps objects under any keys. */
export function fromPlain(plain: unknown): Value {
  switch (typeof plain) {
    case 'string':
    case 'boolean':
      return plain;
    case 'number':
      return Number.isFinite(plain) ? numberFromText(String(plain)) : null;
    case 'bigint':
      return numberFromText(String(plain));
    case 'object':
      return fromObject(plain);
    default:
      return null;
  }
}

function fromObject(plain: object | null): Value {
  if (plain === null || plain instanceof Decimal) return plain;
  if (plain instanceof RegoArray || plain instanceof RegoObject || plain instanceof RegoSet) return plain;
  if (Array.isArray(plain)) return new RegoArray(plain.map(fromPlain));
  if (plain instanceof Set) return RegoSet.of([...plain].map(fromPlain));
  if (plain instanceof Map) {
    return RegoObject.of([...plain].map(([key, value]): Entry => [fromPlain(key), fromPlain(value)]));
  }
  const entries = Object.entries(plain).filter(([, value]) => value !== undefined);
  return RegoObject.of(entries.map(([key, value]): Entry => [key, fromPlain(value)]));
}

/** What `JSON.parse` of the value's JSON would give; numbers lose what a double cannot hold. */
export function toPlain(value: Value): unknown {
  return JSON.parse(toJson(value));
}
