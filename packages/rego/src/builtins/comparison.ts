/** The operators that compare, and membership. */
import { compare, equal, isNumber } from '../values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, functions } from './builtin.ts';
import { machineInteger } from './operands.ts';

function member(context: BuiltinContext, value: Value, collection: Value): boolean {
  if (collection instanceof RegoSet) return collection.has(value);
  if (collection instanceof RegoArray) {
    context.step(collection.length);
    return collection.items.some((item) => equal(value, item));
  }
  if (!(collection instanceof RegoObject)) return false;
  context.step(collection.size);
  return collection.entries().some(([, item]) => equal(value, item));
}

function memberWithKey(key: Value, value: Value, collection: Value): boolean {
  if (collection instanceof RegoSet) return collection.has(key) && equal(key, value);
  const found = elementOf(collection, key);
  return found !== undefined && equal(value, found);
}

/** The element of an array or object under a key. */
export function elementOf(collection: Value, key: Value): Value | undefined {
  if (collection instanceof RegoObject) return collection.get(key);
  if (collection instanceof RegoArray) {
    const index = isNumber(key) ? machineInteger(key) : undefined;
    return index === undefined ? undefined : collection.at(Number(index));
  }
  return collection instanceof RegoSet && collection.has(key) ? key : undefined;
}

export const COMPARISON: BuiltinGroup = functions({
  eq: (_context, a, b) => equal(a, b),
  equal: (_context, a, b) => equal(a, b),
  neq: (_context, a, b) => !equal(a, b),
  lt: (_context, a, b) => compare(a, b) < 0,
  lte: (_context, a, b) => compare(a, b) <= 0,
  gt: (_context, a, b) => compare(a, b) > 0,
  gte: (_context, a, b) => compare(a, b) >= 0,
  'internal.member_2': member,
  'internal.member_3': (_context, key, value, collection) => memberWithKey(key, value, collection),
});
