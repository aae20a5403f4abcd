/** YAML as go-yaml v3 writes it, two spaces deep. */

import { jsonKey } from '../../values/json.ts';
import { exactInteger, numberFromText, numberText, type RegoNumber, toDouble } from '../../values/number.ts';
import { isNumber } from '../../values/order.ts';
import { termText } from '../../values/text.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../../values/value.ts';
import { builtinError } from '../builtin.ts';
import { formatFloat } from '../go/float-text.ts';
import { runesOf } from '../go/text.ts';
import { resolveScalar } from './scalar.ts';

type Spend = (characters: number) => void;

export function writeYaml(value: Value, spend: Spend): string {
  const writer = new Writer(spend);
  return writer.document(value);
}

class Writer {
  readonly #parts: string[] = [];
  readonly #spend: Spend;

  constructor(spend: Spend) {
    this.#spend = spend;
  }

  document(value: Value): string {
    this.#node(value, 0, '');
    return this.#parts.join('');
  }

  #put(text: string): void {
    this.#spend(text.length);
    this.#parts.push(text);
  }

  /** `lead` is what stands before a scalar or an empty collection on its line. */
  #node(value: Value, depth: number, lead: string): void {
    const list = value instanceof RegoArray || value instanceof RegoSet ? value.items : undefined;
    if (list !== undefined && list.length > 0) this.#sequence(list, depth, lead);
    else if (value instanceof RegoObject && value.size > 0) this.#mapping(value, depth, lead);
    else {
      const text = list !== undefined ? '[]' : value instanceof RegoObject ? '{}' : scalarText(value, depth);
      this.#put(`${lead}${lead === '' ? '' : ' '}${text}\n`);
    }
  }

  /** Inside another sequence the first item follows on the same line. */
  #sequence(items: readonly Value[], depth: number, lead: string): void {
    const isCompact = lead.endsWith('-');
    if (lead !== '') this.#put(isCompact ? `${lead} ` : `${lead}\n`);
    for (const [index, item] of items.entries()) {
      if (index > 0 || !isCompact) this.#put(' '.repeat(depth * 2));
      this.#node(item, depth + 1, '-');
    }
  }

  #mapping(object: RegoObject, depth: number, lead: string): void {
    const isCompact = lead.endsWith('-') || lead.endsWith('?');
    if (lead !== '') this.#put(isCompact ? `${lead} ` : `${lead}\n`);
    const entries = object
      .entries()
      .map(([key, value]) => [jsonKey(key), value] as const)
      .toSorted(([a], [b]) => compareKeys(a, b));
    for (const [index, [key, value]] of entries.entries()) {
      if (index > 0 || !isCompact) this.#put(' '.repeat(depth * 2));
      this.#entry(key, value, depth);
    }
  }

  #entry(key: string, value: Value, depth: number): void {
    if (isSimpleKey(key)) {
      this.#node(value, depth + 1, `${keyText(key)}:`);
      return;
    }
    this.#put(`? ${scalarText(key, depth + 1)}\n${' '.repeat(depth * 2)}`);
    this.#node(value, depth + 1, ':');
  }
}

const MAX_SIMPLE_KEY = 128;

function isSimpleKey(key: string): boolean {
  return keyText(key).length <= MAX_SIMPLE_KEY && !key.includes('\n');
}

function keyText(key: string): string {
  if (key === '') return '""';
  return stringText(key, 0, true);
}

function scalarText(value: Value, depth: number): string {
  if (typeof value === 'string') return stringText(value, depth, false);
  return isNumber(value) ? numericText(value) : termText(value);
}

/** Through JSON and back: integers of 64 bits, else floats. */
function numericText(value: RegoNumber): string {
  const text = numberText(value);
  const scalar = resolveScalar(text);
  if (scalar.type === 'integer') return String(scalar.value);
  const integer = /[.eE]/.test(text) ? undefined : exactInteger(numberFromText(text));
  const float = integer === undefined ? toDouble(value) : Number(integer);
  return Number.isFinite(float) ? formatFloat(float, 'g', -1) : text;
}

const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
const OLD_BOOLEAN = /^(?:[yYnN]|[yY]es|YES|[oO]n|ON|[nN]o|NO|[oO]ff|OFF)$/;

/** What go-yaml does not even read. */
const FORBIDDEN = /[\u007f-\u0084\u0086-\u009f\ufffe\uffff]/;

function stringText(text: string, depth: number, isKey: boolean): string {
  if (FORBIDDEN.test(text)) throw builtinError('yaml: control characters are not allowed');
  if (text.includes('\n') && !isKey) {
    return isBlockText(text) ? literalText(text, depth) : doubleQuoted(text);
  }
  const { type } = resolveScalar(text);
  const isAmbiguous = (type !== 'string' && type !== 'merge') || BASE_60.test(text) || OLD_BOOLEAN.test(text);
  if (isAmbiguous) return doubleQuoted(text);
  if (isPlainText(text)) return text;
  return isSingleQuotable(text) ? `'${text.replaceAll("'", "''")}'` : doubleQuoted(text);
}

const BREAK = '[\\n\\r\\u0085\\u2028\\u2029]';
const BREAKS = new RegExp(BREAK);
/** What go-yaml writes as it is, besides tabs and breaks. */
const UNPRINTABLE = /[^\n\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;
const SPACE_THEN_BREAK = new RegExp(` ${BREAK}`);
const BREAK_THEN_SPACE = new RegExp(`${BREAK} `);

function isPlainText(text: string): boolean {
  if (/^(?:---|\.\.\.)/.test(text) || /^[#,[\]{}&*!|>'"%@`]/.test(text)) return false;
  if (/^[?:-](?:[ \t\n\r]|$)/.test(text) || /:(?:[ \t\n\r]|$)/.test(text.slice(1))) return false;
  if (/[ \t\n\r]#/.test(text) || /^ | $/.test(text)) return false;
  return isSingleQuotable(text) && !BREAKS.test(text);
}

function isSingleQuotable(text: string): boolean {
  return (
    !text.includes('\t') &&
    !UNPRINTABLE.test(text) &&
    !SPACE_THEN_BREAK.test(text) &&
    !BREAK_THEN_SPACE.test(text)
  );
}

function isBlockText(text: string): boolean {
  return !text.endsWith(' ') && !SPACE_THEN_BREAK.test(text) && !UNPRINTABLE.test(text.replaceAll('\t', ''));
}

/** `|`, with a hint where the text begins with a space, and one for the breaks at its end. */
function literalText(text: string, depth: number): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomp = text.endsWith('\n') ? (text.endsWith('\n\n') || text === '\n' ? '+' : '') : '-';
  const indent = ' '.repeat(Math.max(depth, 1) * 2);
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  return `|${hint}${chomp}\n${lines.map((line) => (line === '' ? '' : indent + line)).join('\n')}`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\0', '0'],
  ['\u0007', 'a'],
  ['\b', 'b'],
  ['\t', 't'],
  ['\n', 'n'],
  ['\v', 'v'],
  ['\f', 'f'],
  ['\r', 'r'],
  ['\u001b', 'e'],
  ['"', '"'],
  ['\\', '\\'],
  ['\u0085', 'N'],
  ['\u2028', 'L'],
  ['\u2029', 'P'],
]);

function doubleQuoted(text: string): string {
  return `"${Array.from(text, escaped).join('')}"`;
}

function escaped(char: string): string {
  const short = ESCAPES.get(char);
  if (short !== undefined) return `\\${short}`;
  if (!UNPRINTABLE.test(char) && char !== '\ufeff') return char;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

const LETTER = /^\p{L}$/u;
const DIGIT = /^\p{Nd}$/u;

/** go-yaml's order of keys: digits count as numbers, and letters come behind all else. */
function compareKeys(a: string, b: string): number {
  const [left, right] = [runesOf(a), runesOf(b)];
  let afterDigits = false;
  for (let at = 0; at < left.length && at < right.length; at++) {
    const [x = '', y = ''] = [left[at], right[at]];
    if (x === y) {
      afterDigits = DIGIT.test(x);
      continue;
    }
    const [isLetter, isOtherLetter] = [LETTER.test(x), LETTER.test(y)];
    if (isLetter && isOtherLetter) return codeOf(x) - codeOf(y);
    if (isLetter || isOtherLetter) return (afterDigits ? isLetter : isOtherLetter) ? -1 : 1;
    return compareNumbers(left, right, at) || codeOf(x) - codeOf(y);
  }
  return left.length - right.length;
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}

function compareNumbers(left: readonly string[], right: readonly string[], at: number): number {
  const isInsideNumber = (left[at] === '0' || right[at] === '0') && /[^0]/.test(digitsBefore(left, at));
  const [a, b] = [digitsFrom(left, at), digitsFrom(right, at)];
  const prefix = isInsideNumber ? '1' : '';
  const difference = BigInt(prefix + a || '0') - BigInt(prefix + b || '0');
  if (difference !== 0n) return difference < 0n ? -1 : 1;
  return a.length - b.length;
}

function digitsFrom(chars: readonly string[], from: number): string {
  let to = from;
  while (/^\d$/.test(chars[to] ?? '')) to++;
  return chars.slice(from, to).join('');
}

function digitsBefore(chars: readonly string[], to: number): string {
  let from = to;
  while (/^\d$/.test(chars[from - 1] ?? '')) from--;
  return chars.slice(from, to).join('');
}
