/** Whether types and terms can be equal, and what that tells of variables. */
import type { Node, ObjectNode } from '../plan/ir.ts';
import { sameKey } from '../plan/unify.ts';
import {
  ANY,
  type AnyType,
  type ArrayType,
  isAny,
  isUnknown,
  itemAt,
  type ObjectType,
  or,
  resolve,
  select,
  selectProperty,
  type Type,
  type Unknown,
  valuesOf,
} from './type.ts';
import type { TypeEnv } from './type-env.ts';

/** True where a value can have both types. */
export function unifies(left: Type | Unknown, right: Type | Unknown): boolean {
  const [a, b] = [resolve(left), resolve(right)];
  if (a === undefined || b === undefined) return false;
  if (a.type === 'any' || b.type === 'any') {
    return (a.type === 'any' && anyUnifies(a, b)) || (b.type === 'any' && anyUnifies(b, a));
  }
  if (a.type === 'array') return b.type === 'array' && arraysUnify(a, b);
  if (a.type === 'object') return b.type === 'object' && objectsUnify(a, b);
  if (a.type === 'set') {
    return b.type === 'set' && (a.of === undefined || b.of === undefined || unifies(a.of, b.of));
  }
  if (a.type === 'function') {
    if (b.type !== 'function' || a.args.length !== b.args.length) return false;
    return a.args.every((arg, at) => unifies(arg, b.args[at]));
  }
  return a.type === b.type;
}

function anyUnifies({ of }: AnyType, type: Type): boolean {
  if (type.type === 'function') return false;
  return of.length === 0 || of.some((member) => unifies(member, type));
}

function arraysUnify(a: ArrayType, b: ArrayType): boolean {
  if (!a.static.every((item, at) => unifies(item, itemAt(b, at)))) return false;
  if (!b.static.every((item, at) => unifies(item, itemAt(a, at)))) return false;
  return a.dynamic === undefined || b.dynamic === undefined || unifies(a.dynamic, b.dynamic);
}

function objectsUnify(a: ObjectType, b: ObjectType): boolean {
  if (!propertiesUnify(a, b) || !propertiesUnify(b, a)) return false;
  const [valueA, valueB] = [a.dynamic?.value, b.dynamic?.value];
  return valueA === undefined || valueB === undefined || unifies(valueA, valueB);
}

function propertiesUnify(a: ObjectType, b: ObjectType): boolean {
  return a.static.every(({ key, value }) => {
    const other = selectProperty(b, key);
    if (other !== undefined) return unifies(value, other);
    return a.dynamic?.value !== undefined || b.dynamic?.value !== undefined;
  });
}

/** Makes two terms equal: what one is, the variables of the other become. False where that cannot be. */
export function unifyTerms(env: TypeEnv, a: Node, b: Node): boolean {
  const [typeA, typeB] = [env.typeOf(a), env.typeOf(b)];
  const [unknownA, unknownB] = [isUnknown(typeA), isUnknown(typeB)];
  if (unknownA && !unknownB) return unifyTerm(env, a, typeB);
  if (unknownB && !unknownA) return unifyTerm(env, b, typeA);
  if (!unknownA && !unknownB) return unifies(typeA, typeB);
  const structural = unifyUnknown(env, a, b);
  if (structural !== undefined) return structural;
  if (a.kind === 'variable' && typeA === undefined && typeB !== undefined) return unifyTerm(env, a, typeB);
  if (b.kind === 'variable' && typeB === undefined && typeA !== undefined) return unifyTerm(env, b, typeA);
  return false;
}

/** Both sides hold something unknown; undefined where their form tells nothing. */
function unifyUnknown(env: TypeEnv, a: Node, b: Node): boolean | undefined {
  if (a.kind === 'array') return unifyArrayWith(env, a, b);
  if (a.kind === 'object') return unifyObjectWith(env, a, b);
  if (a.kind === 'variable') {
    if (b.kind === 'variable') return becomes(env, a, b);
    if (b.kind === 'array') return unifyArrayWith(env, b, a);
    if (b.kind === 'object') return unifyObjectWith(env, b, a);
    return b.kind === 'ref' ? unifyTerm(env, a, ANY) : undefined;
  }
  return a.kind === 'ref' && b.kind === 'variable' ? unifyTerm(env, b, ANY) : undefined;
}

/** Nothing is known of `a`, and `b` is whatever that makes it. */
function becomes(env: TypeEnv, a: Node, b: Node): boolean {
  return unifyTerm(env, a, ANY) && unifyTerm(env, b, env.typeOf(a));
}

function unifyArrayWith(env: TypeEnv, a: Node & { readonly kind: 'array' | 'set' }, b: Node): boolean {
  if (b.kind === 'variable') return becomes(env, a, b);
  const items = itemsOf(b);
  if (items === undefined || items.length !== a.items.length) return false;
  return a.items.every((item, at) => {
    const other = items[at];
    return other !== undefined && unifyTerms(env, item, other);
  });
}

function itemsOf(node: Node): readonly Node[] | undefined {
  return node.kind === 'array' ? node.items : undefined;
}

function unifyObjectWith(env: TypeEnv, a: ObjectNode, b: Node): boolean {
  if (b.kind === 'variable') return becomes(env, a, b);
  if (b.kind !== 'object' || b.entries.length !== a.entries.length) return false;
  return a.entries.every(([key, value]) => {
    const other = b.entries.find(([theirs]) => sameKey(key, theirs));
    return other !== undefined && unifyTerms(env, value, other[1]);
  });
}

/** Gives the term a type: its variables take theirs from it. With `union` they may be what they were, too. */
export function unifyTerm(env: TypeEnv, term: Node, type: Type | Unknown, union = false): boolean {
  switch (term.kind) {
    case 'variable': {
      const known = env.ofVariable(term.variable);
      if (union) env.setVariable(term.variable, or(known, type));
      else if (known !== undefined) return unifies(known, type);
      else env.setVariable(term.variable, type);
      return true;
    }
    case 'array':
    case 'set':
    case 'object':
      return unifyCollection(env, term, type, union);
    default:
      return unifies(env.typeOf(term), type);
  }
}

function unifyCollection(
  env: TypeEnv,
  term: Node & { readonly kind: 'array' | 'set' | 'object' },
  type: Type | Unknown,
  union: boolean,
): boolean {
  if (type?.type === 'any') {
    if (!isAny(type)) return type.of.map((member) => unifyTerm(env, term, member, true)).includes(true);
    const parts = term.kind === 'object' ? term.entries.flat() : term.items;
    for (const part of parts) unifyTerm(env, part, ANY, true);
    return true;
  }
  const resolved = term.kind === 'set' ? type : resolve(type);
  if (resolved?.type !== term.kind) return false;
  if (term.kind === 'object') {
    return resolved.type === 'object' && unifyEntries(env, term.entries, resolved, union);
  }
  if (resolved.type === 'set') {
    return term.items.every((item) => unifyTerm(env, item, valuesOf(resolved), union));
  }
  if (resolved.type !== 'array') return false;
  if (term.items.length !== resolved.static.length && resolved.dynamic === undefined) return false;
  return term.items.every((item, at) => unifyTerm(env, item, itemAt(resolved, at), union));
}

function unifyEntries(
  env: TypeEnv,
  entries: ObjectNode['entries'],
  type: ObjectType,
  union: boolean,
): boolean {
  if (entries.length !== type.static.length && type.dynamic?.value === undefined) return false;
  return entries.every(([key, value]) => {
    if (key.kind !== 'constant') {
      unifyTerm(env, value, ANY, union);
      return true;
    }
    const property = select(type, key.value);
    return property !== undefined && unifyTerm(env, value, property, union);
  });
}
