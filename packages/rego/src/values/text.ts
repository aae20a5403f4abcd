/** Values in the syntax of Rego, as OPA prints them. */
import { numberText } from './number.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from './value.ts';

/** The value as a term of Rego. */
export function termText(value: Value): string {
  if (typeof value === 'string') return quotedText(value);
  if (value instanceof RegoArray) return `[${value.items.map(termText).join(', ')}]`;
  if (value instanceof RegoSet) {
    return value.size === 0 ? 'set()' : `{${value.items.map(termText).join(', ')}}`;
  }
  if (value instanceof RegoObject) {
    return `{${value
      .entries()
      .map(([key, item]) => `${termText(key)}: ${termText(item)}`)
      .join(', ')}}`;
  }
  return value === null || typeof value === 'boolean' ? String(value) : numberText(value);
}

/** Neither letters, marks, numbers, punctuation, symbols nor the space: what Go's strconv.Quote does not print. */
const UNPRINTABLE = /["\\]|[^\P{C}]|[^\P{Z} ]/gu;
const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** As strconv.Quote writes a string. */
export function quotedText(text: string): string {
  return `"${text.replace(UNPRINTABLE, (found) => SHORT[found] ?? escaped(found.codePointAt(0) ?? 0))}"`;
}

function escaped(codePoint: number): string {
  const hex = codePoint.toString(16);
  if (codePoint < 0x80) return `\\x${hex.padStart(2, '0')}`;
  return codePoint < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
