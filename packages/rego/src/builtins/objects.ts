/** object.* */
import { equal } from '../values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { ValueMap } from '../values/value-map.ts';
import { type BuiltinContext, BuiltinError, type BuiltinGroup, functions } from './builtin.ts';
import { elementOf } from './comparison.ts';
import { filterObject, selectKeys } from './json-paths.ts';
import { arrayOperand, elementError, objectOperand, typeError } from './operands.ts';

/** Of two values under one key objects merge; else the right one counts. */
function union(context: BuiltinContext, left: RegoObject, right: RegoObject): RegoObject {
  if (left.size === 0) return right;
  if (right.size === 0 || equal(left, right)) return left;
  context.step(left.size + right.size);
  const merged = new ValueMap<Value>();
  for (const [key, value] of left.entries()) merged.set(key, value);
  for (const [key, value] of right.entries()) {
    const other = merged.get(key);
    const both = other instanceof RegoObject && value instanceof RegoObject;
    merged.set(key, both ? union(context, other, value) : value);
  }
  return new RegoObject(merged);
}

/**
 * From left to right. A value that is no object cuts off all that stood under its key before,
 * so this is the same as uniting pair by pair.
 */
function unionOfAll(context: BuiltinContext, objects: RegoArray): RegoObject {
  const members = objects.items.map((item) => {
    if (!(item instanceof RegoObject)) throw elementError(1, objects, item, 'object');
    return item;
  });
  const [only] = members;
  if (only !== undefined && members.length === 1) return only;
  return mergeAll(context, members);
}

/** Key by key, so that a long list of objects is not copied once for each member. */
function mergeAll(context: BuiltinContext, objects: readonly RegoObject[]): RegoObject {
  const byKey = new ValueMap<Value[]>();
  for (const object of objects) {
    context.step(object.size);
    for (const [key, value] of object.entries()) {
      const values = byKey.get(key);
      if (values === undefined) byKey.set(key, [value]);
      else if (value instanceof RegoObject && values[0] instanceof RegoObject) values.push(value);
      else byKey.set(key, [value]);
    }
  }
  const merged = new ValueMap<Value>();
  for (const key of byKey.keys()) {
    const values = byKey.get(key) ?? [];
    const nested = values.filter((value) => value instanceof RegoObject);
    merged.set(key, nested.length > 1 ? mergeAll(context, nested) : (values[0] ?? null));
  }
  return new RegoObject(merged);
}

/** The keys that an array, a set or another object names. */
function keysOf(context: BuiltinContext, keys: Value): readonly Value[] {
  if (keys instanceof RegoArray || keys instanceof RegoSet) {
    context.step(keys.items.length);
    return keys.items;
  }
  if (!(keys instanceof RegoObject)) throw typeError(2, keys, 'object', 'set', 'array');
  context.step(keys.size);
  return keys.keys;
}

function remove(context: BuiltinContext, object: RegoObject, keys: Value): RegoObject {
  const gone = RegoSet.of(keysOf(context, keys));
  context.step(object.size);
  const kept = new ValueMap<Value>();
  for (const [key, value] of object.entries()) if (!gone.has(key)) kept.set(key, value);
  return new RegoObject(kept);
}

/** A path of keys leads into nested values. */
function get(object: RegoObject, path: Value, fallback: Value): Value {
  if (!(path instanceof RegoArray)) {
    // Not `??`: null is a value too.
    const own = object.get(path);
    return own === undefined ? fallback : own;
  }
  let found: Value | undefined = object;
  for (const key of path.items) {
    if (found === undefined) break;
    found = elementOf(found, key);
  }
  return found === undefined ? fallback : found;
}

function isSubset(context: BuiltinContext, whole: Value, part: Value): boolean {
  if (whole instanceof RegoObject && part instanceof RegoObject) return isSubobject(context, whole, part);
  if (whole instanceof RegoSet && part instanceof RegoSet) return isSubsetOf(context, whole, part);
  if (whole instanceof RegoArray && part instanceof RegoArray) return isSubarray(context, whole, part);
  if (whole instanceof RegoArray && part instanceof RegoSet) return holdsAll(context, whole, part);
  throw new BuiltinError(
    'eval_type_error',
    'both arguments object.subset must be of the same type or array and set',
  );
}

function isSubobject(context: BuiltinContext, whole: RegoObject, part: RegoObject): boolean {
  context.step(part.size);
  return part.entries().every(([key, value]) => {
    const other = whole.get(key);
    if (other === undefined) return false;
    if (equal(value, other)) return true;
    if (other instanceof RegoObject && value instanceof RegoObject) return isSubobject(context, other, value);
    if (other instanceof RegoSet && value instanceof RegoSet) return isSubsetOf(context, other, value);
    return other instanceof RegoArray && value instanceof RegoArray && isSubarray(context, other, value);
  });
}

function isSubsetOf(context: BuiltinContext, whole: RegoSet, part: RegoSet): boolean {
  context.step(part.size);
  return part.items.every((item) => whole.has(item));
}

/**
 * The part must occur in the array in one piece. As OPA searches it: after a partial match it goes on
 * from the next place.
 */
function isSubarray(context: BuiltinContext, whole: RegoArray, part: RegoArray): boolean {
  for (let start = 0; start + part.length <= whole.length; start++) {
    let matched = 0;
    while (
      matched < part.length &&
      equal(whole.items[start + matched] ?? null, part.items[matched] ?? null)
    ) {
      matched++;
    }
    context.step(matched + 1);
    if (matched === part.length) return true;
  }
  return part.length === 0;
}

/** As OPA counts: each member of the array that is in the set, so that two equal ones count twice. */
function holdsAll(context: BuiltinContext, whole: RegoArray, part: RegoSet): boolean {
  context.step(whole.length);
  let unmatched = part.size;
  return whole.items.some((item) => {
    if (part.has(item)) unmatched--;
    return unmatched === 0;
  });
}

export const OBJECTS: BuiltinGroup = functions({
  'object.union': (context, left, right) => union(context, objectOperand(left, 1), objectOperand(right, 2)),
  'object.union_n': (context, objects) => unionOfAll(context, arrayOperand(objects, 1)),
  'object.remove': (context, object, keys) => remove(context, objectOperand(object, 1), keys),
  'object.filter': (context, object, keys) => {
    const whole = objectOperand(object, 1);
    return filterObject(context, whole, selectKeys(keysOf(context, keys)));
  },
  'object.get': (context, object, path, fallback) => {
    context.step(path instanceof RegoArray ? path.length + 1 : 1);
    return get(objectOperand(object, 1), path, fallback);
  },
  'object.keys': (context, object) => {
    const whole = objectOperand(object, 1);
    context.step(whole.size);
    return RegoSet.of(whole.keys);
  },
  'object.subset': (context, whole, part) => isSubset(context, whole, part),
});
