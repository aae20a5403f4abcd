/** The types of the checker, as OPA's package `types` has them. Those of the built-ins' signatures are among them. */
import { compare as compareValues, typeName } from '../values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';

/** Absent: nothing is known. */
export type Unknown = undefined;

export interface ScalarType {
  readonly type: 'null' | 'boolean' | 'number' | 'string';
}
export interface ArrayType {
  readonly type: 'array';
  readonly static: readonly (Type | Unknown)[];
  readonly dynamic: Type | Unknown;
}
export interface ObjectType {
  readonly type: 'object';
  /** In the order of their keys. */
  readonly static: readonly Property[];
  readonly dynamic: DynamicProperty | undefined;
}
export interface SetType {
  readonly type: 'set';
  /** Absent for the empty set. */
  readonly of: Type | Unknown;
}
/** Without members: every type. Members are in order. */
export interface AnyType {
  readonly type: 'any';
  readonly of: readonly Type[];
}
export interface FunctionType {
  readonly type: 'function';
  readonly args: readonly (Type | Unknown)[];
  readonly result: Type | Unknown;
  readonly variadic: Type | undefined;
}
/** A definition of a schema that refers to itself. */
export interface RecursiveType {
  readonly type: 'recursive';
  readonly name: string;
  target: Type | Unknown;
}
export type Type = ScalarType | ArrayType | ObjectType | SetType | AnyType | FunctionType | RecursiveType;

export interface Property {
  readonly key: Value;
  readonly value: Type | Unknown;
}
export interface DynamicProperty {
  readonly key: Type | Unknown;
  readonly value: Type | Unknown;
}

const NULL: Type = { type: 'null' };
export const BOOLEAN: Type = { type: 'boolean' };
export const NUMBER: Type = { type: 'number' };
export const STRING: Type = { type: 'string' };
export const ANY: Type = { type: 'any', of: [] };

const ORDER: Readonly<Record<Type['type'], number>> = {
  null: 0,
  boolean: 1,
  number: 2,
  string: 3,
  array: 4,
  object: 5,
  set: 6,
  any: 7,
  function: 8,
  recursive: 9,
};

export function arrayOf(items: readonly (Type | Unknown)[], dynamic?: Type): ArrayType {
  return { type: 'array', static: items, dynamic };
}

export function objectOf(properties: readonly Property[], dynamic?: DynamicProperty): ObjectType {
  return { type: 'object', static: properties.toSorted((a, b) => compareValues(a.key, b.key)), dynamic };
}

export function setOf(of: Type | Unknown): SetType {
  return { type: 'set', of };
}

export function isAny(type: Type | Unknown): boolean {
  return type?.type === 'any' && type.of.length === 0;
}

/** What a recursive definition stands for. */
export function resolve(type: Type | Unknown): Exclude<Type, RecursiveType> | Unknown {
  let resolved = type;
  while (resolved?.type === 'recursive') resolved = resolved.target;
  return resolved;
}

function compareTypes(left: Type | Unknown, right: Type | Unknown): number {
  const [a, b] = [resolve(left), resolve(right)];
  const order = orderOf(a) - orderOf(b);
  if (order !== 0 || a === undefined || b === undefined || a === b) return order;
  if (a.type === 'array' && b.type === 'array') {
    return compareOptional(a.dynamic, b.dynamic) || compareLists(a.static, b.static);
  }
  if (a.type === 'object' && b.type === 'object') return compareObjects(a, b);
  if (a.type === 'set' && b.type === 'set') return compareTypes(a.of, b.of);
  if (a.type === 'any' && b.type === 'any') return compareLists(a.of, b.of);
  if (a.type === 'function' && b.type === 'function') {
    return (
      a.args.length - b.args.length ||
      compareLists(a.args, b.args) ||
      compareTypes(a.result, b.result) ||
      compareTypes(a.variadic, b.variadic)
    );
  }
  return 0;
}

function orderOf(type: Type | Unknown): number {
  return type === undefined ? -1 : ORDER[type.type];
}

function compareOptional(a: Type | Unknown, b: Type | Unknown): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareTypes(a, b);
}

function compareLists(a: readonly (Type | Unknown)[], b: readonly (Type | Unknown)[]): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    const order = compareTypes(a[at], b[at]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareObjects(a: ObjectType, b: ObjectType): number {
  if (a.dynamic === undefined || b.dynamic === undefined) {
    const order = Number(a.dynamic !== undefined) - Number(b.dynamic !== undefined);
    if (order !== 0) return order;
  } else {
    const order =
      compareTypes(a.dynamic.key, b.dynamic.key) || compareTypes(a.dynamic.value, b.dynamic.value);
    if (order !== 0) return order;
  }
  for (const [at, property] of a.static.entries()) {
    const other = b.static[at];
    if (other === undefined) return 1;
    const order = compareValues(property.key, other.key) || compareTypes(property.value, other.value);
    if (order !== 0) return order;
  }
  return a.static.length - b.static.length;
}

/** The union of two types; a type that holds the other stays as it is. Undefined for a function and anything else. */
export function or(a: Type | Unknown, b: Type | Unknown): Type | Unknown {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.type === 'function' && b.type === 'function') return unionOfFunctions(a, b);
  if (a.type === 'function' || b.type === 'function') return undefined;
  if (a.type === 'any') return mergeAny(a, b);
  if (b.type === 'any') return mergeAny(b, a);
  return compareTypes(a, b) === 0 ? a : { type: 'any', of: [a, b].toSorted(compareTypes) };
}

function mergeAny(any: AnyType, other: Type): AnyType {
  if (any.of.length === 0) return any;
  const more = other.type === 'any' ? other.of : [other];
  if (more.length === 0) return { type: 'any', of: [] };
  const added = more.filter((type) => !any.of.some((known) => compareTypes(known, type) === 0));
  return added.length === 0 ? any : { type: 'any', of: [...any.of, ...added].toSorted(compareTypes) };
}

function unionOfFunctions(a: FunctionType, b: FunctionType): FunctionType | Unknown {
  if (a.args.length !== b.args.length || (a.variadic === undefined) !== (b.variadic === undefined)) {
    return undefined;
  }
  const args = a.args.map((arg, at) => or(arg, b.args[at]));
  return { type: 'function', args, result: or(a.result, b.result), variadic: or(a.variadic, b.variadic) };
}

function unionOf(types: readonly (Type | Unknown)[]): Type | Unknown {
  return types.reduce<Type | Unknown>(or, undefined);
}

/** True where `a` is `b` or a union with it. */
function contains(a: Type | Unknown, b: Type | Unknown): boolean {
  if (a?.type !== 'any') return compareTypes(a, b) === 0;
  if (b?.type === 'function') return false;
  return a.of.length === 0 || a.of.some((type) => compareTypes(type, b) === 0);
}

/** The type of the keys by which a value of this type can be walked through; undefined where it cannot. */
export function keysOf(type: Type | Unknown): Type | Unknown {
  const t = resolve(type);
  switch (t?.type) {
    case 'array':
      return NUMBER;
    case 'object':
      return or(unionOf(t.static.map(({ key }) => typeOfValue(key))), t.dynamic?.key);
    case 'set':
      return t.of;
    case 'any':
      return t.of.length === 0 ? ANY : unionOf(t.of.map(keysOf));
    default:
      return undefined;
  }
}

/** The type of what it holds. */
export function valuesOf(type: Type | Unknown): Type | Unknown {
  const t = resolve(type);
  switch (t?.type) {
    case 'array':
      return or(unionOf(t.static), t.dynamic);
    case 'object':
      return or(unionOf(t.static.map(({ value }) => value)), t.dynamic?.value);
    case 'set':
      return t.of;
    case 'any':
      return t.of.length === 0 ? ANY : unionOf(t.of.map(valuesOf));
    default:
      return undefined;
  }
}

/** The type of the item under a key that is known. */
export function select(type: Type | Unknown, key: Value): Type | Unknown {
  const t = resolve(type);
  switch (t?.type) {
    case 'array':
      return typeof key === 'number' && Number.isInteger(key) ? itemAt(t, key) : undefined;
    case 'object':
      return selectProperty(t, key);
    case 'set': {
      const keyType = typeOfValue(key);
      if (compareTypes(t.of, keyType) === 0) return t.of;
      return t.of?.type === 'any' && contains(t.of, keyType) ? keyType : undefined;
    }
    case 'any':
      return t.of.length === 0 ? ANY : unionOf(t.of.map((member) => select(member, key)));
    default:
      return undefined;
  }
}

export function itemAt({ static: items, dynamic }: ArrayType, at: number): Type | Unknown {
  if (at < 0) return undefined;
  return at < items.length ? items[at] : dynamic;
}

export function selectProperty({ static: properties, dynamic }: ObjectType, key: Value): Type | Unknown {
  const found = properties.find((property) => compareValues(property.key, key) === 0);
  if (found !== undefined) return found.value;
  return dynamic !== undefined && contains(dynamic.key, typeOfValue(key)) ? dynamic.value : undefined;
}

/** True where something in the type is unknown. */
export function isUnknown(type: Type | Unknown, seen: readonly Type[] = []): boolean {
  const t = resolve(type);
  if (t === undefined) return true;
  if (seen.includes(t)) return false;
  const inside = [...seen, t];
  switch (t.type) {
    case 'function':
      return t.args.some((arg) => isUnknown(arg, inside)) || isUnknown(t.result, inside);
    case 'array':
      return (
        t.static.some((item) => isUnknown(item, inside)) ||
        (t.dynamic !== undefined && isUnknown(t.dynamic, inside))
      );
    case 'object':
      return (
        t.static.some(({ value }) => isUnknown(value, inside)) ||
        (t.dynamic !== undefined && (isUnknown(t.dynamic.key, inside) || isUnknown(t.dynamic.value, inside)))
      );
    case 'set':
      return isUnknown(t.of, inside);
    default:
      return false;
  }
}

/** With more parts a type says nothing: of types that hold one another twice each it would soon be all there is. */
const MAX_PARTS = 10_000;

const parts = new WeakMap<Type, number>();

export function bounded(type: Type | Unknown): Type | Unknown {
  return partsOf(type) > MAX_PARTS ? ANY : type;
}

/** How many types the type is made of, each as often as it occurs. */
function partsOf(type: Type | Unknown): number {
  if (type === undefined || type.type === 'recursive') return 1;
  const known = parts.get(type);
  if (known !== undefined) return known;
  const count = inside(type).reduce((sum, part) => sum + partsOf(part), 1);
  parts.set(type, count);
  return count;
}

function inside(type: Exclude<Type, RecursiveType>): readonly (Type | Unknown)[] {
  switch (type.type) {
    case 'array':
      return [...type.static, type.dynamic];
    case 'object':
      return [...type.static.map(({ value }) => value), type.dynamic?.key, type.dynamic?.value];
    case 'set':
      return [type.of];
    case 'any':
      return type.of;
    default:
      return [];
  }
}

/** A collection that holds nothing. */
export function isEmpty(type: Type | Unknown): boolean {
  const t = resolve(type);
  if (t?.type === 'object' || t?.type === 'array') return t.static.length === 0 && t.dynamic === undefined;
  return t?.type === 'set' && t.of === undefined;
}

export function typeOfValue(value: Value): Type {
  if (value instanceof RegoArray) return arrayOf(value.items.map(typeOfValue));
  if (value instanceof RegoObject) {
    return objectOf(value.entries().map(([key, item]) => ({ key, value: typeOfValue(item) })));
  }
  if (value instanceof RegoSet) return setOf(unionOf(value.items.map(typeOfValue)));
  switch (typeName(value)) {
    case 'null':
      return NULL;
    case 'boolean':
      return BOOLEAN;
    case 'string':
      return STRING;
    default:
      return NUMBER;
  }
}
