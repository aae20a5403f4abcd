/** What a template works on: values of JSON, whose numbers Go keeps as texts, and constants of its own. */
import { Decimal } from '../../values/decimal.ts';
import { numberText } from '../../values/number.ts';
import { MAX_TEXT_LENGTH, TextWriter } from '../../values/text-writer.ts';
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import { formatFloat } from '../go/float-text.ts';

/** Go's own integers and floats are wrapped, so that they are told apart from JSON's. */
export type TemplateValue = Value | undefined | Integer | { readonly float: number };

export interface Integer {
  readonly integer: bigint;
}

export function integer(value: bigint | number): Integer {
  return { integer: BigInt(value) };
}

/** A number of JSON is a text to Go (`json.Number`). */
export function isJsonNumber(value: TemplateValue): value is number | bigint | Decimal {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;
}

export function isInteger(value: TemplateValue): value is Integer {
  return typeof value === 'object' && value !== null && 'integer' in value;
}

export function isFloat(value: TemplateValue): value is { readonly float: number } {
  return typeof value === 'object' && value !== null && 'float' in value;
}

export function isTrue(value: TemplateValue): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (isFloat(value)) return value.float !== 0;
  if (value instanceof RegoArray) return value.length > 0;
  if (value instanceof RegoObject) return value.size > 0;
  return !isInteger(value) || value.integer !== 0n;
}

/** As `fmt.Print` prints it; what is no value has a name of its own. */
export function printed(value: TemplateValue): string {
  return value === undefined || value === null ? '<no value>' : inner(value);
}

function inner(value: TemplateValue): string {
  if (typeof value === 'string') return value;
  const writer = new TextWriter(MAX_TEXT_LENGTH);
  write(value, writer);
  return writer.finish();
}

function write(value: TemplateValue, writer: TextWriter): void {
  if (value instanceof RegoArray) {
    writer.put('[');
    for (const [at, item] of value.items.entries()) {
      if (at > 0) writer.put(' ');
      write(item, writer);
    }
    writer.put(']');
  } else if (value instanceof RegoObject) {
    writer.put('map[');
    for (const [at, [key, item]] of value.entries().entries()) {
      if (at > 0) writer.put(' ');
      write(key, writer);
      writer.put(':');
      write(item, writer);
    }
    writer.put(']');
  } else writer.put(scalarText(value));
}

function scalarText(value: TemplateValue): string {
  if (value === undefined || value === null) return '<nil>';
  if (typeof value === 'string') return value;
  if (isFloat(value)) return formatFloat(value.float, 'g', -1);
  if (isInteger(value)) return String(value.integer);
  if (typeof value === 'boolean') return String(value);
  return isJsonNumber(value) ? numberText(value) : '';
}
