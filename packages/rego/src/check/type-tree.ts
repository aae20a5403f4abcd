import { termText } from '../values/text.ts';
import type { Value } from '../values/value.ts';
import {
  ANY,
  type ObjectType,
  objectOf,
  or,
  type Property,
  resolve,
  setOf,
  STRING,
  type Type,
  typeOfValue,
  type Unknown,
} from './type.ts';

/** The types of what lies below `data` and `input`, by path. */
export class TypeTree {
  readonly children = new Map<string, TypeTree>();
  readonly key: Value;
  type: Type | Unknown;

  constructor(key: Value = null) {
    this.key = key;
  }

  child(key: Value): TypeTree | undefined {
    return this.children.get(termText(key));
  }

  make(key: Value): TypeTree {
    const known = this.child(key);
    if (known !== undefined) return known;
    const child = new TypeTree(key);
    this.children.set(termText(key), child);
    return child;
  }

  put(path: readonly Value[], type: Type): void {
    path.reduce((node: TypeTree, key) => node.make(key), this).type = type;
  }

  /** The type of everything from here on; what a base document holds beside it is not known. */
  get extent(): Type | Unknown {
    if (this.type !== undefined) return this.type;
    const properties: Property[] = [...this.children.values()]
      .filter(({ key }) => typeof key !== 'object')
      .map((child) => ({ key: child.key, value: child.extent }));
    return objectOf(properties, { key: STRING, value: ANY });
  }
}

/** Puts the type of a definition where its path leads, merged with what other definitions put there. */
export function insertType(root: TypeTree, path: readonly Value[], type: Type): void {
  let node = root;
  for (const [at, key] of path.entries()) {
    const isKnown = node.child(key) !== undefined;
    node = node.make(key);
    const known = isKnown ? resolve(node.type) : undefined;
    if (known?.type === 'object' && at + 1 < path.length) {
      node.type = insertIntoObject(known, path.slice(at + 1), type);
    }
  }
  node.type = mergeTypes(node.type, type);
  if (resolve(type)?.type !== 'object' || node.children.size === 0) return;
  let merged = resolve(node.type);
  for (const [leafPath, leaf] of leavesOf(node, [])) {
    if (merged?.type === 'object') merged = insertIntoObject(merged, leafPath, leaf);
  }
  node.type = merged;
}

function leavesOf(node: TypeTree, path: readonly Value[]): readonly (readonly [readonly Value[], Type])[] {
  return [...node.children.values()].flatMap((child) => {
    const below = [...path, child.key];
    return child.type === undefined ? leavesOf(child, below) : [[below, child.type] as const];
  });
}

function insertIntoObject(object: ObjectType, path: readonly Value[], type: Type): ObjectType {
  const [key, ...rest] = path;
  if (key === undefined) return object;
  const value = rest.length === 0 ? type : insertIntoObject(objectOf([]), rest, type);
  const dynamic = {
    key: or(object.dynamic?.key, typeOfValue(key)),
    value: or(object.dynamic?.value, value),
  };
  return objectOf(object.static, dynamic);
}

/** Sets become one set, objects without fixed keys one object; others a union. */
function mergeTypes(left: Type | Unknown, right: Type | Unknown): Type | Unknown {
  const [a, b] = [resolve(left), resolve(right)];
  if (a === undefined || b === undefined) return a ?? b;
  if (a.type === 'object' && b.type === 'object' && a.static.length === 0 && b.static.length === 0) {
    if (a.dynamic === undefined) return b;
    if (b.dynamic === undefined) return a;
    const key = or(a.dynamic.key, b.dynamic.key);
    return objectOf([], { key, value: mergeTypes(a.dynamic.value, b.dynamic.value) });
  }
  if (a.type === 'set' && b.type === 'set') return setOf(or(a.of, b.of));
  if (a.type === 'any' && b.type !== 'any') return mergeTypes(b, a);
  if (a.type === 'object' && b.type === 'any') return mergeIntoAny(a, b);
  return or(a, b);
}

function mergeIntoAny(object: ObjectType, any: Type & { readonly type: 'any' }): Type | Unknown {
  const { dynamic } = object;
  const at = any.of.findIndex(
    (type) => type.type === 'object' && type.static.length === 0 && type.dynamic !== undefined,
  );
  const member = any.of[at];
  if (object.static.length > 0 || dynamic === undefined || member?.type !== 'object') return or(object, any);
  const merged = objectOf([], {
    key: or(member.dynamic?.key, dynamic.key),
    value: or(member.dynamic?.value, dynamic.value),
  });
  return { type: 'any', of: any.of.with(at, merged) };
}
