/** Strings: parts, case, joining, replacing, trimming. */
import { termText } from '../values/text.ts';
import { RegoArray, type RegoObject, RegoSet, type Value } from '../values/value.ts';
import {
  type BuiltinContext,
  type BuiltinGroup,
  builtinError,
  functions,
  operandError,
  stepText,
} from './builtin.ts';
import { formatInteger } from './format-int.ts';
import { toLower, toUpper } from './go/letter-case.ts';
import { type Pair, replaceAll } from './go/replacer.ts';
import { isAscii, runeCount, runesOf } from './go/text.ts';
import { elementError, intOperand, objectOperand, stringOperand, typeError } from './operands.ts';

function text(context: BuiltinContext, value: Value, position: number): string {
  const found = stringOperand(value, position);
  stepText(context, found.length);
  return found;
}

function concat(context: BuiltinContext, separator: string, whole: Value): string {
  if (!(whole instanceof RegoArray) && !(whole instanceof RegoSet)) throw typeError(2, whole, 'set', 'array');
  const parts = whole.items.map((item) => {
    if (typeof item !== 'string') throw elementError(2, whole, item, 'string');
    return item;
  });
  const length = parts.reduce((sum, part) => sum + part.length + separator.length, 0);
  stepText(context, length);
  context.step(parts.length);
  return parts.join(separator);
}

/** In code points. */
function substring(whole: string, start: number, length: number): string {
  if (start < 0) throw builtinError('negative offset');
  const end = length < 0 ? Number.POSITIVE_INFINITY : start + length;
  if (isAscii(whole)) return whole.slice(start, end);
  return runesOf(whole).slice(start, end).join('');
}

function split(whole: string, separator: string): RegoArray {
  return new RegoArray(separator === '' ? runesOf(whole) : whole.split(separator));
}

/** The first `count` parts, or the last ones where it is negative. */
function splitN(whole: string, separator: string, count: number): RegoArray {
  const parts = separator === '' ? runesOf(whole) : whole.split(separator);
  return new RegoArray(count >= 0 ? parts.slice(0, count) : parts.slice(Math.max(parts.length + count, 0)));
}

function replace(context: BuiltinContext, whole: string, pairs: readonly Pair[]): string {
  const replaced = replaceAll(whole, pairs);
  stepText(context, whole.length * pairs.length + replaced.length);
  return replaced;
}

function replaceN(context: BuiltinContext, patterns: RegoObject, whole: string): string {
  const pairs = patterns.entries().map(([old, replacement]): Pair => {
    if (typeof old !== 'string') throw operandError(1, 'non-string key found in pattern object');
    if (typeof replacement !== 'string') throw operandError(1, 'non-string value found in pattern object');
    return [old, replacement];
  });
  return replace(context, whole, pairs);
}

/** unicode.IsSpace. */
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const LEADING_SPACE = new RegExp(`^${SPACE}+`);
const SPACES: ReadonlySet<string> = new Set(
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
);

function trimSpace(whole: string): string {
  return trimEnd(whole.replace(LEADING_SPACE, ''), SPACES);
}

function trimStart(whole: string, cutset: ReadonlySet<string>): string {
  let from = 0;
  for (const char of whole) {
    if (!cutset.has(char)) break;
    from += char.length;
  }
  return whole.slice(from);
}

function trimEnd(whole: string, cutset: ReadonlySet<string>): string {
  let to = whole.length;
  while (to > 0) {
    const pair = whole.slice(to - 2, to);
    const char = pair.length === 2 && (pair.codePointAt(0) ?? 0) > 0xffff ? pair : whole.charAt(to - 1);
    if (!cutset.has(char)) break;
    to -= char.length;
  }
  return whole.slice(0, to);
}

function countOf(whole: string, part: string): number {
  return part === '' ? runeCount(whole) + 1 : whole.split(part).length - 1;
}

/** What `$"…"` compiles to: each part a scalar, or a set with the value that it has, if any. */
function templateString(parts: Value): string {
  if (!(parts instanceof RegoArray)) throw typeError(1, parts, 'array');
  return parts.items
    .map((part) => {
      const value = part instanceof RegoSet ? part.items[0] : part;
      return value === undefined ? '<undefined>' : displayText(value);
    })
    .join('');
}

function displayText(value: Value): string {
  return typeof value === 'string' ? value : termText(value);
}

function affix(context: BuiltinContext, part: Value): string {
  const text = stringOperand(part, 2);
  stepText(context, text.length);
  return text;
}

export const STRINGS: BuiltinGroup = functions({
  concat: (context, separator, whole) => concat(context, stringOperand(separator, 1), whole),
  contains: (context, whole, part) => text(context, whole, 1).includes(stringOperand(part, 2)),
  startswith: (context, whole, part) => stringOperand(whole, 1).startsWith(affix(context, part)),
  endswith: (context, whole, part) => stringOperand(whole, 1).endsWith(affix(context, part)),
  lower: (context, whole) => toLower(text(context, whole, 1)),
  upper: (context, whole) => toUpper(text(context, whole, 1)),
  substring: (context, whole, start, length) =>
    substring(text(context, whole, 1), intOperand(start, 2), intOperand(length, 3)),
  split: (context, whole, separator) => {
    const parts = split(text(context, whole, 1), stringOperand(separator, 2));
    context.step(parts.length);
    return parts;
  },
  'strings.split_n': (context, whole, separator, count) =>
    splitN(text(context, whole, 1), stringOperand(separator, 2), intOperand(count, 3)),
  replace: (context, whole, old, replacement) =>
    replace(context, stringOperand(whole, 1), [[stringOperand(old, 2), stringOperand(replacement, 3)]]),
  'strings.replace_n': (context, patterns, whole) =>
    replaceN(context, objectOperand(patterns, 1), stringOperand(whole, 2)),
  'strings.reverse': (context, whole) =>
    runesOf(text(context, whole, 1))
      .toReversed()
      .join(''),
  'strings.count': (context, whole, part) => countOf(text(context, whole, 1), stringOperand(part, 2)),
  trim: (context, whole, cutset) => {
    const characters = new Set(stringOperand(cutset, 2));
    return trimEnd(trimStart(text(context, whole, 1), characters), characters);
  },
  trim_left: (context, whole, cutset) =>
    trimStart(text(context, whole, 1), new Set(stringOperand(cutset, 2))),
  trim_right: (context, whole, cutset) => trimEnd(text(context, whole, 1), new Set(stringOperand(cutset, 2))),
  trim_space: (context, whole) => trimSpace(text(context, whole, 1)),
  trim_prefix: (_context, whole, prefix) => {
    const [all, start] = [stringOperand(whole, 1), stringOperand(prefix, 2)];
    return all.startsWith(start) ? all.slice(start.length) : all;
  },
  trim_suffix: (_context, whole, suffix) => {
    const [all, end] = [stringOperand(whole, 1), stringOperand(suffix, 2)];
    return all.endsWith(end) ? all.slice(0, all.length - end.length) : all;
  },
  format_int: (_context, number, base) => formatInteger(number, base),
  'internal.template_string': (_context, parts) => templateString(parts),
});
