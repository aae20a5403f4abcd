/** count, sum, product, max, min, sort, all, any. */
import { Decimal, exactOf } from '../values/decimal.ts';
import { addFloats, type Float, floatOf, floatText } from '../values/float.ts';
import {
  exactInteger,
  multiply,
  numberFromBigint,
  numberFromText,
  type RegoNumber,
  toDouble,
} from '../values/number.ts';
import { compare, isNumber } from '../values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, functions, stepText } from './builtin.ts';
import { formatFloat, partsOf } from './go/float-text.ts';
import { runeCount } from './go/text.ts';
import { elementError, typeError } from './operands.ts';

type Collection = RegoArray | RegoSet;

function collection(context: BuiltinContext, value: Value, ...expected: readonly string[]): Collection {
  if (!(value instanceof RegoArray) && !(value instanceof RegoSet)) throw typeError(1, value, ...expected);
  context.step(sizeOf(value));
  return value;
}

function sizeOf(value: Collection): number {
  return value instanceof RegoArray ? value.length : value.size;
}

function count(context: BuiltinContext, value: Value): number {
  if (value instanceof RegoArray) return value.length;
  if (value instanceof RegoObject || value instanceof RegoSet) return value.size;
  if (typeof value === 'string') {
    stepText(context, value.length);
    return runeCount(value);
  }
  throw typeError(1, value, 'array', 'object', 'set', 'string');
}

function numbersOf(whole: Collection): RegoNumber[] {
  return whole.items.map((item) => {
    if (!isNumber(item)) throw elementError(1, whole, item, 'number');
    return item;
  });
}

function sum(whole: Collection): RegoNumber {
  const numbers = numbersOf(whole);
  const quick = safeSum(numbers);
  if (quick !== undefined) return quick;
  const integers = integersOf(numbers);
  if (integers !== undefined) return numberFromBigint(integers.reduce((total, next) => total + next, 0n));
  const total = numbers.reduce<Float>((sofar, next) => addFloats(sofar, floatOf(exactOf(next))), {
    mantissa: 0n,
    exponent: 0,
  });
  return numberFromText(floatText(total));
}

function safeSum(numbers: readonly RegoNumber[]): number | undefined {
  let total = 0;
  for (const next of numbers) {
    if (typeof next !== 'number' || !Number.isInteger(next)) return undefined;
    total += next;
    if (!Number.isSafeInteger(total)) return undefined;
  }
  return total;
}

function integersOf(numbers: readonly RegoNumber[]): bigint[] | undefined {
  const integers: bigint[] = [];
  for (const next of numbers) {
    const integer = exactInteger(next);
    if (integer === undefined) return undefined;
    integers.push(integer);
  }
  return integers;
}

function product(context: BuiltinContext, whole: Collection): RegoNumber {
  const numbers = numbersOf(whole);
  const integers = integersOf(numbers);
  if (integers !== undefined) return numberFromBigint(integerProduct(context, integers));
  // OPA's product begins with a float of 53 bits and keeps that precision.
  let total = 1;
  for (const next of numbers) {
    const factor = floatOf(exactOf(next));
    total = timesFloat(total, factor);
    if (!Number.isFinite(total)) return numbers.reduce<RegoNumber>((a, b) => multiply(a, b), 1);
  }
  return numberFromText(formatFloat(total, Number.isInteger(total) ? 'f' : 'g', -1));
}

/** A chain of big factors grows with the square of its length. */
function integerProduct(context: BuiltinContext, integers: readonly bigint[]): bigint {
  let total = 1n;
  let bits = 0;
  for (const next of integers) {
    total *= next;
    bits += next === 0n ? 0 : next.toString(16).length * 4;
    context.step(bits >> 10);
  }
  return total;
}

/** Rounded once: the factor has more bits than a double holds. */
function timesFloat(total: number, { mantissa, exponent }: Float): number {
  const own = partsOf(Math.abs(total));
  const digits = own.mantissa * mantissa * (total < 0 ? -1n : 1n);
  const power = own.exponent + exponent;
  return toDouble(power >= 0 ? numberFromBigint(digits << BigInt(power)) : scaled(digits, -power));
}

/** digits ÷ 2^power, exactly, in decimal notation. */
function scaled(digits: bigint, power: number): RegoNumber {
  return new Decimal(`${digits * 5n ** BigInt(power)}e-${power}`);
}

/** Of equal ones, an array gives the last and a set the first. */
function extreme(whole: Collection, sign: 1 | -1): Value | undefined {
  const isArray = whole instanceof RegoArray;
  let found: Value | undefined;
  for (const item of whole.items) {
    const order = found === undefined ? 1 : sign * compare(item, found);
    if (order > 0 || (order === 0 && isArray)) found = item;
  }
  return found;
}

export const AGGREGATES: BuiltinGroup = functions({
  count: (context, value) => count(context, value),
  sum: (context, value) => sum(collection(context, value, 'set', 'array')),
  product: (context, value) => product(context, collection(context, value, 'set', 'array')),
  max: (context, value) => extreme(collection(context, value, 'set', 'array'), 1),
  min: (context, value) => extreme(collection(context, value, 'set', 'array'), -1),
  sort: (context, value) => {
    const whole = collection(context, value, 'set', 'array');
    return new RegoArray(whole instanceof RegoSet ? whole.items : whole.items.toSorted(compare));
  },
  all: (context, value) => collection(context, value, 'array', 'set').items.every((item) => item === true),
  any: (context, value) => collection(context, value, 'array', 'set').items.some((item) => item === true),
});
