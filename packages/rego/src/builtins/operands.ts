/** What built-ins ask of their operands, in OPA's words. Positions count from 1. */
import { Decimal } from '../values/decimal.ts';
import { exactInteger, type RegoNumber } from '../values/number.ts';
import { isNumber, typeName } from '../values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { type BuiltinError, operandError } from './builtin.ts';

const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;

/** The operand has another type than those expected. */
export function typeError(position: number, got: Value, ...expected: readonly string[]): BuiltinError {
  const wanted = expected.length === 1 ? expected[0] : `one of {${expected.join(', ')}}`;
  return operandError(position, `must be ${wanted} but got ${typeName(got)}`);
}

/** A member of the operand has another type than that expected. */
export function elementError(position: number, whole: Value, got: Value, expected: string): BuiltinError {
  const kind = typeName(whole);
  return operandError(
    position,
    `must be ${kind} of ${expected}s but got ${kind} containing ${typeName(got)}`,
  );
}

export function stringOperand(value: Value, position: number): string {
  if (typeof value === 'string') return value;
  throw typeError(position, value, 'string');
}

export function numberOperand(value: Value, position: number): RegoNumber {
  if (isNumber(value)) return value;
  throw typeError(position, value, 'number');
}

export function arrayOperand(value: Value, position: number): RegoArray {
  if (value instanceof RegoArray) return value;
  throw typeError(position, value, 'array');
}

export function objectOperand(value: Value, position: number): RegoObject {
  if (value instanceof RegoObject) return value;
  throw typeError(position, value, 'object');
}

export function setOperand(value: Value, position: number): RegoSet {
  if (value instanceof RegoSet) return value;
  throw typeError(position, value, 'set');
}

/** An integer of 64 bits; those beyond 2^53 come as the nearest double, which no caller tells apart. */
export function intOperand(value: Value, position: number): number {
  if (!isNumber(value)) throw typeError(position, value, 'number');
  const integer = machineInteger(value);
  if (integer === undefined) {
    throw operandError(position, 'must be integer number but got floating-point number');
  }
  return Number(integer);
}

/** What OPA takes for an integer of 64 bits: digits, and zeros behind the point (`10.00`), but no exponent. */
export function machineInteger(value: RegoNumber): number | bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  if (typeof value === 'bigint') return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
  const digits = /^-?(\d+)\.0*$/.exec(value.text)?.[1] ?? (value.text === '-0' ? '0' : undefined);
  if (digits === undefined || value.text.replace('-', '').length > 19) return undefined;
  return exactInteger(value);
}

/** An integer of any size, in whatever notation. */
export function bigIntOperand(value: Value, position: number): bigint {
  if (!isNumber(value)) throw typeError(position, value, 'integer');
  const integer = exactInteger(value);
  if (integer !== undefined) return integer;
  throw operandError(position, 'must be integer number but got floating-point number');
}

/** Members of an array or set that must all be strings. */
export function stringsOperand(value: Value, position: number): string[] {
  if (!(value instanceof RegoArray) && !(value instanceof RegoSet)) {
    throw typeError(position, value, 'array', 'set');
  }
  return value.items.map((item) => {
    if (typeof item !== 'string') throw elementError(position, value, item, 'string');
    return item;
  });
}

/** Whether a number was written with a fraction or an exponent. */
export function isFloatText(value: RegoNumber): boolean {
  return value instanceof Decimal
    ? /[.eE]/.test(value.text)
    : typeof value === 'number' && !Number.isInteger(value);
}
