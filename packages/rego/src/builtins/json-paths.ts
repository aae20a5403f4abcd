/** Paths into documents: json.filter, json.remove, and what json.patch shares with them. */
import { typeName } from '../values/order.ts';
import { type Entry, RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { ValueMap } from '../values/value-map.ts';
import { type BuiltinContext, type BuiltinGroup, functions, operandError } from './builtin.ts';
import { objectOperand, typeError } from './operands.ts';

export type Path = readonly Value[];

/** `a/b` with the escapes of JSON pointers, or an array of keys. */
export function parsePath(path: Value): Path {
  if (path instanceof RegoArray) return path.items;
  if (typeof path !== 'string') {
    throw operandError(
      2,
      `must be one of {set, array} containing string paths or array of path segments but got ${typeName(path)}`,
    );
  }
  if (path === '') return [];
  return path
    .replace(/^\/+/, '')
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function parsePaths(context: BuiltinContext, paths: Value): Path[] {
  if (!(paths instanceof RegoArray) && !(paths instanceof RegoSet)) throw typeError(2, paths, 'set', 'array');
  context.step(paths.items.length);
  return paths.items.map(parsePath);
}

/** Paths by their first key: a leaf is chosen with all that is below it. */
export interface Selection {
  readonly below: ValueMap<Selection>;
  isLeaf: boolean;
}

function select(paths: readonly Path[]): Selection {
  const root: Selection = { below: new ValueMap(), isLeaf: false };
  for (const path of paths) if (path.length > 0) addPath(root, path);
  return root;
}

function addPath(root: Selection, path: Path): void {
  let node = root;
  for (const key of path) {
    if (node.isLeaf && node !== root) return;
    let next = node.below.get(key);
    if (next === undefined) {
      next = { below: new ValueMap(), isLeaf: false };
      node.below.set(key, next);
    }
    node = next;
  }
  node.isLeaf = true;
}

/** Keys of exactly these paths, whatever is below them. */
export function selectKeys(keys: Iterable<Value>): Selection {
  return select(Array.from(keys, (key) => [key]));
}

/** What a selection holds of a value. An array loses what is not selected, and closes up. */
function filterValue(context: BuiltinContext, value: Value, selection: Selection): Value {
  if (selection.isLeaf) return value;
  if (value instanceof RegoArray) return filterArray(context, value, selection);
  if (value instanceof RegoSet) {
    context.step(value.size);
    return RegoSet.of(
      value.items.flatMap((item) => {
        const below = selection.below.get(item);
        return below === undefined ? [] : [filterValue(context, item, below)];
      }),
    );
  }
  return value instanceof RegoObject ? filterObject(context, value, selection) : value;
}

function filterArray(context: BuiltinContext, array: RegoArray, selection: Selection): RegoArray {
  context.step(array.length);
  return new RegoArray(
    array.items.flatMap((item, index) => {
      const below = selection.below.get(String(index));
      return below === undefined ? [] : [filterValue(context, item, below)];
    }),
  );
}

export function filterObject(context: BuiltinContext, object: RegoObject, selection: Selection): RegoObject {
  context.step(selection.below.size);
  const kept: Entry[] = [];
  for (const key of selection.below.keys()) {
    const value = object.get(key);
    const below = selection.below.get(key);
    if (value !== undefined && below !== undefined) kept.push([key, filterValue(context, value, below)]);
  }
  return RegoObject.of(kept);
}

/** A value without what a selection holds of it; `undefined` where nothing remains. */
function without(context: BuiltinContext, value: Value, selection: Selection | undefined): Value | undefined {
  if (selection === undefined) return value;
  if (selection.isLeaf) return undefined;
  if (value instanceof RegoObject) return objectWithout(context, value, selection);
  if (value instanceof RegoArray) {
    context.step(value.length);
    return new RegoArray(
      remaining(value.items, (item, index) => without(context, item, selection.below.get(String(index)))),
    );
  }
  if (!(value instanceof RegoSet)) return value;
  context.step(value.size);
  return RegoSet.of(remaining(value.items, (item) => without(context, item, selection.below.get(item))));
}

function remaining(
  items: readonly Value[],
  reduce: (item: Value, index: number) => Value | undefined,
): Value[] {
  return items.flatMap((item, index) => {
    const rest = reduce(item, index);
    return rest === undefined ? [] : [rest];
  });
}

function objectWithout(context: BuiltinContext, object: RegoObject, selection: Selection): RegoObject {
  context.step(object.size);
  const kept = new ValueMap<Value>();
  for (const [key, value] of object.entries()) {
    const rest = without(context, value, selection.below.get(key));
    if (rest !== undefined) kept.set(key, rest);
  }
  return new RegoObject(kept);
}

export const JSON_PATHS: BuiltinGroup = functions({
  'json.filter': (context, object, paths) => {
    const whole = objectOperand(object, 1);
    return filterObject(context, whole, select(parsePaths(context, paths)));
  },
  'json.remove': (context, object, paths) => {
    const whole = objectOperand(object, 1);
    return objectWithout(context, whole, select(parsePaths(context, paths)));
  },
});
