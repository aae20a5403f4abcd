/** JSON in which equal values have equal texts: numbers are doubles. */

import { toJson } from '../../values/json.ts';
import { toDouble } from '../../values/number.ts';
import { isNumber } from '../../values/order.ts';
import { MAX_TEXT_LENGTH } from '../../values/text-writer.ts';
import { RegoArray, RegoObject, type Value } from '../../values/value.ts';
import { SchemaError } from './schema.ts';

export function comparableJson(value: Value): string {
  if (value instanceof RegoArray) return `[${value.items.map(comparableJson).join(',')}]`;
  if (value instanceof RegoObject) {
    const members = value.entries().map(([key, item]) => `${written(key)}:${comparableJson(item)}`);
    return `{${members.join(',')}}`;
  }
  if (!isNumber(value)) return written(value);
  const double = toDouble(value);
  if (!Number.isFinite(double)) throw new SchemaError('a number is out of range');
  return Object.is(double, -0) ? '-0' : String(double);
}

function written(value: Value): string {
  return toJson(value, { escapeHtml: true, maxLength: MAX_TEXT_LENGTH });
}
