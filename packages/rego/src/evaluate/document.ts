/** Documents below `data`: what the caller gave and what rules define, as one. */
import type { TreeNode } from '../plan/tree.ts';
import { spend } from '../values/meter.ts';
import { numberText } from '../values/number.ts';
import { compare, equal, isNumber } from '../values/order.ts';
import { type Entry, RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import type { Compute, Frame, Match, Sink } from './code.ts';
import type { Machine } from './machine.ts';
import type { Program } from './program.ts';

/** An operand of a ref: a key to compute, or a pattern for all keys there are. */
export type Part =
  | { readonly key: Compute; readonly match: undefined }
  | { readonly key: undefined; readonly match: Match };

/** Whether `with` has put something in place of the document or of one that holds it. */
export function isReplaced(machine: Machine, path: readonly Value[]): boolean {
  return machine.context.replaced.some(
    (target) => target.length <= path.length && target.every((name, at) => equal(name, path[at] ?? null)),
  );
}

/** All that is at a package: the rules' documents over the data. */
export function extent(
  machine: Machine,
  program: Program,
  node: TreeNode,
  base: Value | undefined,
  path: readonly Value[],
): Value | undefined {
  if (isReplaced(machine, path)) return base;
  const virtual = virtualDocument(machine, program, node);
  return base === undefined ? virtual : merge(base, virtual);
}

function virtualDocument(machine: Machine, program: Program, node: TreeNode): RegoObject {
  const entries: Entry[] = [];
  for (const [name, child] of node.children) {
    if (isHidden(child)) continue;
    const value = childDocument(machine, program, child);
    if (value !== undefined) entries.push([name, value]);
  }
  return RegoObject.of(entries);
}

function childDocument(machine: Machine, program: Program, child: TreeNode): Value | undefined {
  if (isReplaced(machine, child.path)) return undefined;
  return child.rule === undefined
    ? virtualDocument(machine, program, child)
    : ruleDocument(machine, program, child);
}

function ruleDocument(machine: Machine, program: Program, { rule }: TreeNode): Value | undefined {
  if (rule === undefined || rule.kind === 'function') return undefined;
  return program.rules[rule.id]?.evaluate(machine);
}

/** `data.system` shows only when it is asked for by name. */
function isHidden({ path }: TreeNode): boolean {
  return path.length === 1 && path[0] === 'system';
}

/** Objects become one; of anything else the first stays. */
function merge(a: Value, b: Value): Value {
  if (!(a instanceof RegoObject) || !(b instanceof RegoObject)) return a;
  spend(a.size + b.size);
  const merged = a.entries().map(([key, mine]) => {
    const theirs = b.get(key);
    return [key, theirs === undefined ? mine : merge(mine, theirs)] as const;
  });
  return RegoObject.of([...b.entries(), ...merged]);
}

/** A way through the documents, part by part. */
export interface Walk {
  readonly machine: Machine;
  readonly program: Program;
  readonly frame: Frame;
  readonly parts: readonly Part[];
  /** How the place was reached. */
  readonly path: readonly Value[];
}

/** Hands what the path leads to to the sink, until that returns true. */
export function walkDocument(
  walk: Walk,
  node: TreeNode | undefined,
  base: Value | undefined,
  sink: Sink,
): boolean {
  const { machine, frame, path, parts } = walk;
  const part = parts[path.length];
  if (part === undefined) {
    const value = node === undefined ? base : extent(machine, walk.program, node, base, path);
    return value !== undefined && sink(machine, frame, value);
  }
  if (part.key !== undefined) {
    const key = part.key(machine, frame);
    return key !== undefined && enter(walk, node, base, key, sink);
  }
  for (const key of keysAt(node, base)) {
    machine.step(1);
    if (part.match(machine, frame, key) && enter(walk, node, base, key, sink)) return true;
  }
  return false;
}

function enter(
  walk: Walk,
  node: TreeNode | undefined,
  base: Value | undefined,
  key: Value,
  sink: Sink,
): boolean {
  const { machine, program, frame, parts } = walk;
  const path = [...walk.path, key];
  const child = isReplaced(machine, path) ? undefined : node?.children.get(key);
  if (child?.rule !== undefined) {
    const value = ruleDocument(machine, program, child);
    const rest = parts
      .slice(path.length)
      .reduceRight<Sink>((next, part) => through(part, lookup, next), sink);
    return value !== undefined && rest(machine, frame, value);
  }
  const below = base === undefined ? undefined : baseMember(base, key, machine);
  if (child === undefined && below === undefined) return false;
  return walkDocument({ ...walk, path }, child, below, sink);
}

/** How a member is found. */
export type Find = (value: Value, key: Value, machine: Machine) => Value | undefined;

/** The member of a collection; `undefined` where there is none. */
export function lookup(value: Value, key: Value): Value | undefined {
  if (value instanceof RegoObject) return value.get(key);
  if (value instanceof RegoArray) return typeof key === 'number' ? value.at(key) : undefined;
  return value instanceof RegoSet && value.has(key) ? key : undefined;
}

/** What `strconv.Atoi` reads. */
const INDEX = /^[+-]?\d{1,18}$/;

/**
 * In data that the caller gave, and that nothing replaces, a number is also the name of a member and a text the place
 * of an item, as in a path of OPA's store.
 */
export const baseMember: Find = (value, key, { context }) => {
  if (context.replaced.length === 0) {
    if (value instanceof RegoObject && isNumber(key)) return value.get(numberText(key));
    if (value instanceof RegoArray && typeof key === 'string' && INDEX.test(key))
      return value.at(Number(key));
  }
  return lookup(value, key);
};

function keysAt(node: TreeNode | undefined, base: Value | undefined): readonly Value[] {
  const keys = new Map<Value, true>();
  for (const key of base === undefined ? [] : membersOf(base)) keys.set(key, true);
  for (const [name, child] of node?.children ?? []) if (!isHidden(child)) keys.set(name, true);
  spend(keys.size);
  return [...keys.keys()].sort(compare);
}

function membersOf(value: Value): readonly Value[] {
  if (value instanceof RegoObject) return value.keys;
  if (value instanceof RegoArray) return [...value.items.keys()];
  return value instanceof RegoSet ? value.items : [];
}

/** Hands the members of a value that a part of a path leads to to the sink. */
export function through({ key, match }: Part, find: Find, next: Sink): Sink {
  if (key !== undefined) {
    return (machine, frame, value) => {
      const name = key(machine, frame);
      const member = name === undefined ? undefined : find(value, name, machine);
      return member !== undefined && next(machine, frame, member);
    };
  }
  return (machine, frame, value) => {
    if (value instanceof RegoArray) {
      for (let i = 0; i < value.length; i++) {
        machine.step(1);
        const item = value.at(i);
        if (item !== undefined && match(machine, frame, i) && next(machine, frame, item)) return true;
      }
      return false;
    }
    for (const name of membersOf(value)) {
      machine.step(1);
      const member = lookup(value, name);
      if (member !== undefined && match(machine, frame, name) && next(machine, frame, member)) return true;
    }
    return false;
  };
}
