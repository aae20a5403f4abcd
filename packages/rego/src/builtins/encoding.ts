/** json.*, base64.*, base64url.*, hex.*, urlquery.* */
import { Decimal } from '../values/decimal.ts';
import { jsonKey, parseJson, toJson } from '../values/json.ts';
import { compareStrings, typeName } from '../values/order.ts';
import { quotedText, termText } from '../values/text.ts';
import { MAX_TEXT_LENGTH } from '../values/text-writer.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import {
  type BuiltinContext,
  type BuiltinGroup,
  builtinError,
  functions,
  operandError,
  stepText,
} from './builtin.ts';
import { Base64Error, decodeBase64, encodeBase64 } from './go/base64.ts';
import { bytesOf, quoteRune, stringOf } from './go/text.ts';
import { escapeUrl, parseQuery, UrlError, unescapeUrl } from './go/url.ts';
import { indentJson } from './json-indent.ts';
import { objectOperand, stringOperand, typeError } from './operands.ts';

function text(context: BuiltinContext, value: Value): string {
  const found = stringOperand(value, 1);
  stepText(context, found.length);
  return found;
}

/** What the reading of a text throws as the failure of a built-in; anything else is passed on. */
export function refusing<T>(kind: abstract new (...args: never[]) => Error, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof kind) throw builtinError(error.message);
    throw error;
  }
}

/** encoding/json reads no deeper. */
const MAX_NESTING = 10_000;

function isTooDeep(json: string): boolean {
  if (json.length <= MAX_NESTING) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === '\\') at++;
    else if (char === '"') inString = !inString;
    else if (!inString && (char === '[' || char === '{') && ++depth > MAX_NESTING) return true;
    else if (!inString && (char === ']' || char === '}')) depth--;
  }
  return false;
}

const BIG_EXPONENT = /[eE][-+]?\d{4}/;
/** OPA takes no number beyond 2^100000, nor below its inverse. */
const MAX_DIGITS = 30_103;

function checkNumbers(value: Value): void {
  if (value instanceof RegoArray) value.items.forEach(checkNumbers);
  else if (value instanceof RegoObject) value.entries().forEach(([, item]) => checkNumbers(item));
  else if (value instanceof Decimal) {
    const { coefficient, exponent } = value.exact;
    const digits = coefficient.toString().length + exponent;
    if (Math.abs(digits) > MAX_DIGITS) throw builtinError('invalid number: number too big');
  }
}

export function unmarshal(json: string): Value {
  if (isTooDeep(json)) throw builtinError('exceeded max depth');
  try {
    const value = parseJson(json);
    if (BIG_EXPONENT.test(json)) checkNumbers(value);
    return value;
  } catch (error) {
    // The message of each JavaScript engine is another one.
    if (error instanceof SyntaxError) throw builtinError('invalid JSON text');
    throw error;
  }
}

export function isJson(json: string): boolean {
  if (isTooDeep(json)) return false;
  try {
    JSON.parse(json);
    return true;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return false;
  }
}

function marshal(context: BuiltinContext, value: Value): string {
  const json = toJson(value, { escapeHtml: true, maxLength: MAX_TEXT_LENGTH });
  stepText(context, json.length);
  return json;
}

function marshalWithOptions(context: BuiltinContext, value: Value, options: RegoObject): string {
  let [prefix, indent] = ['', '\t'];
  let pretty: boolean | undefined;
  let isStyled = false;
  for (const [index, [key, option]] of options.entries().entries()) {
    if (typeof key !== 'string') {
      throw operandError(
        2,
        `failed to stringify key ${termText(key)} at index ${index}: ${mustBeString(index, key)}`,
      );
    }
    if (key === 'pretty') {
      if (typeof option !== 'boolean') throw operandError(2, 'key "pretty" failed cast to bool');
      pretty = option;
    } else if (key === 'prefix' || key === 'indent') {
      if (typeof option !== 'string') {
        throw operandError(2, `key "${key}" failed cast to string: ${mustBeString(index, option)}`);
      }
      isStyled = true;
      if (key === 'prefix') prefix = option;
      else indent = option;
    } else throw operandError(2, `object contained unknown key ${quotedText(key)}`);
  }
  const json = marshal(context, value);
  if (!(pretty ?? isStyled)) return json;
  const indented = prefix + indentJson(json, prefix, indent, (characters) => stepText(context, characters));
  return indented;
}

function mustBeString(position: number, value: Value): string {
  return `operand ${position} must be string but got ${typeName(value)}`;
}

function decoded(value: string, variant: 'standard' | 'url'): string {
  return stringOf(refusing(Base64Error, () => decodeBase64(value, variant)));
}

/** Padding may be left out: RFC 7515 appendix C. */
export function decodeUrlSafe(value: string): string {
  const missing = value.endsWith('=') ? 0 : bytesOf(value).length % 4;
  if (missing === 1) throw builtinError(`illegal base64url string: ${value}`);
  return decoded(value + ['', '', '==', '='][missing], 'url');
}

function isBase64(value: Value): boolean {
  if (typeof value !== 'string') return false;
  try {
    decodeBase64(value, 'standard');
    return true;
  } catch (error) {
    if (!(error instanceof Base64Error)) throw error;
    return false;
  }
}

const HEX = '0123456789abcdef';

export function hexOf(bytes: Uint8Array): string {
  const text = new Uint8Array(bytes.length * 2);
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    text[at * 2] = HEX.charCodeAt(byte >> 4);
    text[at * 2 + 1] = HEX.charCodeAt(byte & 15);
  }
  return stringOf(text);
}

function decodeHex(value: string): string {
  const wrong = /[^\da-fA-F]/u.exec(value);
  // Go looks at whole pairs first.
  if (wrong !== null) {
    const [char] = wrong;
    const code = bytesOf(char)[0] ?? 0;
    const name = String.fromCharCode(code);
    throw builtinError(
      `encoding/hex: invalid byte: U+${code.toString(16).toUpperCase().padStart(4, '0')} ${quoteRune(name)}`,
    );
  }
  if (value.length % 2 === 1) throw builtinError('encoding/hex: odd length hex string');
  return stringOf(Uint8Array.from(value.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
}

function encodeQuery(object: Value): string {
  if (!(object instanceof RegoObject)) throw typeError(1, object, 'object');
  const pairs = object
    .entries()
    .map(([key, value]) => [jsonKey(key), queryValues(value)] as const)
    .toSorted(([a], [b]) => compareStrings(a, b));
  return pairs
    .flatMap(([key, values]) =>
      values.map((value) => `${escapeUrl(key, 'query')}=${escapeUrl(value, 'query')}`),
    )
    .join('&');
}

function queryValues(value: Value): readonly string[] {
  if (typeof value === 'string') return [value];
  const items = value instanceof RegoArray || value instanceof RegoSet ? value.items : [null];
  return items.map((item) => {
    if (typeof item === 'string') return item;
    throw operandError(1, 'values must be string, array[string], or set[string]');
  });
}

function decodeQuery(query: string): RegoObject {
  const values = refusing(UrlError, () => parseQuery(query));
  return RegoObject.of(Array.from(values, ([key, items]) => [key, new RegoArray(items)] as const));
}

export const ENCODING: BuiltinGroup = functions({
  'json.marshal': marshal,
  'json.marshal_with_options': (context, value, options) =>
    marshalWithOptions(context, value, objectOperand(options, 2)),
  'json.unmarshal': (context, json) => unmarshal(text(context, json)),
  'json.is_valid': (_context, json) => typeof json === 'string' && isJson(json),
  'base64.encode': (context, value) => encodeBase64(bytesOf(text(context, value)), 'standard'),
  'base64.decode': (context, value) => decoded(text(context, value), 'standard'),
  'base64.is_valid': (_context, value) => isBase64(value),
  'base64url.encode': (context, value) => encodeBase64(bytesOf(text(context, value)), 'url'),
  'base64url.encode_no_pad': (context, value) => encodeBase64(bytesOf(text(context, value)), 'url', false),
  'base64url.decode': (context, value) => decodeUrlSafe(text(context, value)),
  'hex.encode': (context, value) => hexOf(bytesOf(text(context, value))),
  'hex.decode': (context, value) => decodeHex(text(context, value)),
  'urlquery.encode': (context, value) => escapeUrl(text(context, value), 'query'),
  'urlquery.decode': (context, value) => {
    const query = text(context, value);
    return refusing(UrlError, () => unescapeUrl(query, 'query'));
  },
  'urlquery.encode_object': (_context, object) => encodeQuery(object),
  'urlquery.decode_object': (context, query) => decodeQuery(text(context, query)),
});
