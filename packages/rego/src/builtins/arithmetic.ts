/** Arithmetic, bits, and conversions of numbers. */
import {
  absolute,
  add,
  ceil,
  divide,
  exactInteger,
  floor,
  isZero,
  multiply,
  numberFromBigint,
  type RegoNumber,
  remainder,
  round,
  subtract,
} from '../values/number.ts';
import { isNumber } from '../values/order.ts';
import { RegoSet, type Value } from '../values/value.ts';
import { type BuiltinGroup, builtinError, type Evaluate, functions, operandError } from './builtin.ts';
import { bigIntOperand, numberOperand, typeError } from './operands.ts';
import { difference } from './sets.ts';

/** Longer shifts would fill the memory, and their results are refused anyway. */
const MAX_SHIFT = 1n << 19n;

function binary(compute: (a: RegoNumber, b: RegoNumber) => RegoNumber): Evaluate {
  return (_context, a, b) => compute(numberOperand(a, 1), numberOperand(b, 2));
}

function unary(compute: (value: RegoNumber) => RegoNumber): Evaluate {
  return (_context, value) => compute(numberOperand(value, 1));
}

function minus(a: Value, b: Value): Value {
  if (isNumber(a) && isNumber(b)) return subtract(a, b);
  if (a instanceof RegoSet && b instanceof RegoSet) return difference(a, b);
  if (!isNumber(a) && !(a instanceof RegoSet)) throw typeError(1, a, 'number', 'set');
  throw typeError(2, b, isNumber(b) ? 'set' : 'number');
}

function quotient(a: RegoNumber, b: RegoNumber): RegoNumber {
  const result = divide(a, b);
  if (result === undefined) throw builtinError('divide by zero');
  return result;
}

function modulo(a: RegoNumber, b: RegoNumber): RegoNumber {
  const result = remainder(a, b);
  if (result !== undefined) return result;
  const areIntegers = exactInteger(a) !== undefined && exactInteger(b) !== undefined;
  throw builtinError(areIntegers && isZero(b) ? 'modulo by zero' : 'modulo on floating-point number');
}

function bitwise(compute: (a: bigint, b: bigint) => bigint): Evaluate {
  return (_context, a, b) => numberFromBigint(compute(bigIntOperand(a, 1), bigIntOperand(b, 2)));
}

function shift(direction: 'left' | 'right'): (value: bigint, by: bigint) => bigint {
  return (value, by) => {
    if (by < 0n) throw operandError(2, 'must be an unsigned integer number but got a negative integer');
    if (direction === 'right') return value >> (by > MAX_SHIFT ? MAX_SHIFT : by);
    if (by > MAX_SHIFT && value !== 0n) {
      throw builtinError(`shift by ${by} is more than ${MAX_SHIFT} bits`);
    }
    return value === 0n ? 0n : value << by;
  };
}

export const ARITHMETIC: BuiltinGroup = functions({
  plus: binary(add),
  minus: (_context, a, b) => minus(a, b),
  mul: binary(multiply),
  div: binary(quotient),
  rem: binary(modulo),
  abs: unary(absolute),
  round: unary(round),
  ceil: unary(ceil),
  floor: unary(floor),
  'bits.and': bitwise((a, b) => a & b),
  'bits.or': bitwise((a, b) => a | b),
  'bits.xor': bitwise((a, b) => a ^ b),
  'bits.negate': (_context, value) => numberFromBigint(~bigIntOperand(value, 1)),
  'bits.lsh': bitwise(shift('left')),
  'bits.rsh': bitwise(shift('right')),
});
