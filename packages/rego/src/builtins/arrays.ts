/** array.* */
import { RegoArray, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, functions } from './builtin.ts';
import { arrayOperand, intOperand } from './operands.ts';

function concat(context: BuiltinContext, a: RegoArray, b: RegoArray): RegoArray {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  context.step(a.length + b.length);
  return new RegoArray([...a.items, ...b.items]);
}

function flatten(context: BuiltinContext, array: RegoArray): RegoArray {
  context.step(array.length);
  if (!array.items.some((item) => item instanceof RegoArray)) return array;
  const flat: Value[] = [];
  for (const item of array.items) {
    if (!(item instanceof RegoArray)) {
      flat.push(item);
      continue;
    }
    context.step(item.length);
    for (const inner of item.items) flat.push(inner);
  }
  return new RegoArray(flat);
}

/** Indices beyond the ends are taken to be the ends. */
function slice(context: BuiltinContext, array: RegoArray, start: number, stop: number): RegoArray {
  const to = Math.min(Math.max(stop, 0), array.length);
  const from = Math.min(Math.max(start, 0), to);
  if (from === 0 && to === array.length) return array;
  context.step(to - from);
  return new RegoArray(array.items.slice(from, to));
}

export const ARRAYS: BuiltinGroup = functions({
  'array.concat': (context, a, b) => concat(context, arrayOperand(a, 1), arrayOperand(b, 2)),
  'array.flatten': (context, array) => flatten(context, arrayOperand(array, 1)),
  'array.slice': (context, array, start, stop) =>
    slice(context, arrayOperand(array, 1), intOperand(start, 2), intOperand(stop, 3)),
  'array.reverse': (context, array) => {
    const whole = arrayOperand(array, 1);
    context.step(whole.length);
    return new RegoArray(whole.items.toReversed());
  },
});
