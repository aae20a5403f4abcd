/** Values in the syntax of Rego, as OPA prints them. */
import { numberText } from './number.ts';
import { MAX_TEXT_LENGTH, TextWriter } from './text-writer.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from './value.ts';

/** The value as a term of Rego. */
export function termText(value: Value): string {
  if (typeof value === 'string') return quotedText(value);
  const writer = new TextWriter(MAX_TEXT_LENGTH);
  write(value, writer);
  return writer.finish();
}

function write(value: Value, writer: TextWriter): void {
  if (typeof value === 'string') writer.put(quotedText(value));
  else if (value instanceof RegoArray) writeItems('[', value.items, ']', writer);
  else if (value instanceof RegoSet && value.size > 0) writeItems('{', value.items, '}', writer);
  else if (value instanceof RegoSet) writer.put('set()');
  else if (value instanceof RegoObject) writeEntries(value, writer);
  else writer.put(value === null || typeof value === 'boolean' ? String(value) : numberText(value));
}

function writeItems(open: string, items: readonly Value[], close: string, writer: TextWriter): void {
  let separator = open;
  for (const item of items) {
    writer.put(separator);
    write(item, writer);
    separator = ', ';
  }
  writer.put(items.length === 0 ? open + close : close);
}

function writeEntries(object: RegoObject, writer: TextWriter): void {
  let separator = '{';
  for (const [key, item] of object.entries()) {
    writer.put(separator);
    write(key, writer);
    writer.put(': ');
    write(item, writer);
    separator = ', ';
  }
  writer.put(object.size === 0 ? '{}' : '}');
}

/** One text for each path. */
export function pathKey(path: readonly Value[]): string {
  return path.map(termText).join();
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
