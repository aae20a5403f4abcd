/** Sets: the operators, union and intersection of many. */

import { spend } from '../values/meter.ts';
import { RegoSet, type Value } from '../values/value.ts';
import { ValueMap } from '../values/value-map.ts';
import { type BuiltinContext, type BuiltinGroup, functions } from './builtin.ts';
import { setOperand } from './operands.ts';

export function difference(a: RegoSet, b: RegoSet): RegoSet {
  return keep(a, (item) => !b.has(item));
}

function intersection(a: RegoSet, b: RegoSet): RegoSet {
  return a.size <= b.size ? keep(a, (item) => b.has(item)) : keep(b, (item) => a.has(item));
}

function keep(set: RegoSet, wanted: (item: Value) => boolean): RegoSet {
  spend(set.size);
  const kept = new ValueMap<true>();
  for (const item of set.items) if (wanted(item)) kept.set(item, true);
  return kept.size === 0 ? RegoSet.empty : new RegoSet(kept);
}

function union(a: RegoSet, b: RegoSet): RegoSet {
  if (a.size === 0) return b;
  return b.size === 0 ? a : RegoSet.of([...a.unordered, ...b.unordered]);
}

function unionOfAll(context: BuiltinContext, sets: RegoSet): RegoSet {
  const members = sets.items.map((item) => setOperand(item, 1));
  context.step(members.reduce((sum, set) => sum + set.size, 0));
  return RegoSet.of(members.flatMap((set) => set.items));
}

function intersectionOfAll(context: BuiltinContext, sets: RegoSet): RegoSet {
  const [first, ...others] = sets.items.map((item) => setOperand(item, 1));
  if (first === undefined) return RegoSet.empty;
  return others.reduce((common, set) => {
    context.step(Math.min(common.size, set.size));
    return intersection(common, set);
  }, first);
}

export const SETS: BuiltinGroup = functions({
  and: (context, a, b) => {
    const [x, y] = [setOperand(a, 1), setOperand(b, 2)];
    context.step(Math.min(x.size, y.size));
    return intersection(x, y);
  },
  or: (context, a, b) => {
    const [x, y] = [setOperand(a, 1), setOperand(b, 2)];
    context.step(x.size + y.size);
    return union(x, y);
  },
  set_diff: (context, a, b) => {
    const [x, y] = [setOperand(a, 1), setOperand(b, 2)];
    context.step(x.size);
    return difference(x, y);
  },
  union: (context, sets) => unionOfAll(context, setOperand(sets, 1)),
  intersection: (context, sets) => intersectionOfAll(context, setOperand(sets, 1)),
});
