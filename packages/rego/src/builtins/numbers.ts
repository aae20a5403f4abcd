/** numbers.range, numbers.range_step and rand.intn */
import { numberFromBigint, type RegoNumber } from '../values/number.ts';
import { RegoArray, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, builtinError, functions } from './builtin.ts';
import { bigIntOperand, intOperand, stringOperand } from './operands.ts';

/** From the first to the last, upwards or downwards. */
function range(context: BuiltinContext, first: bigint, last: bigint, step: bigint): RegoArray {
  const numbers: RegoNumber[] = [];
  const isUp = first <= last;
  for (let next = first; isUp ? next <= last : next >= last; next = isUp ? next + step : next - step) {
    context.step(1);
    numbers.push(numberFromBigint(next));
  }
  return new RegoArray(numbers);
}

function rangeStep(context: BuiltinContext, first: Value, last: Value, step: Value): RegoArray {
  const [from, to, by] = [bigIntOperand(first, 1), bigIntOperand(last, 2), bigIntOperand(step, 3)];
  if (by <= 0n) throw builtinError('numbers.range_step: step must be a positive integer');
  return range(context, from, to, by);
}

/** The same text and limit give the same number throughout one evaluation. */
function random(context: BuiltinContext, text: string, limit: number): number {
  const size = Math.abs(limit);
  if (size === 0) return 0;
  const key = `rand.intn ${text}-${size}`;
  const known = context.cache.get(key);
  if (typeof known === 'number') return known;
  const chosen = Number((BigInt(context.random()) * 0x100000000n + BigInt(context.random())) % BigInt(size));
  context.cache.set(key, chosen);
  return chosen;
}

export const NUMBERS: BuiltinGroup = functions({
  'numbers.range': (context, first, last) =>
    range(context, bigIntOperand(first, 1), bigIntOperand(last, 2), 1n),
  'numbers.range_step': rangeStep,
  'rand.intn': (context, text, limit) => random(context, stringOperand(text, 1), intOperand(limit, 2)),
});
