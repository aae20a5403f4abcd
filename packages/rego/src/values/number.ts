/** Numbers as OPA reads, prints, compares and computes them. */
import {
  compareExact,
  Decimal,
  exactOf,
  MAX_EXPONENT,
  numberTooBig,
  powerOfTen,
  type RegoNumber,
} from './decimal.ts';
import {
  addFloats,
  divideFloats,
  type Float,
  floatOf,
  floatText,
  isIntegral,
  multiplyFloats,
  truncateFloat,
} from './float.ts';
import { spend } from './meter.ts';

export type { RegoNumber } from './decimal.ts';

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const MAX_EAGER_DIGITS = 256;
/** Integers beyond it are not computed with: 100,000 digits are more than OPA reads. */
const MAX_INTEGER = 1n << 332_192n;
/** Smaller ones are a step of whoever computes them. */
const LARGE_INTEGER = 1n << 1024n;
const HALF: Float = { mantissa: 1n, exponent: -1 };
const MINUS_HALF: Float = { mantissa: -1n, exponent: -1 };
/** OPA computes with machine integers where both operands fit into 32 bits. */
const MIN_INT32 = -(2 ** 31);
const MAX_INT32 = 2 ** 31 - 1;

/** Any number that JSON or Rego can write; the text decides how it prints. */
export function numberFromText(text: string): RegoNumber {
  const double = Number(text);
  if (Number.isSafeInteger(double) ? String(double) === text : isCanonicalFraction(double, text))
    return double;
  // To read an integer takes more than linear time: a long one is read when something is computed with it.
  if (text.length > MAX_EAGER_DIGITS || !INTEGER.test(text) || text === '-0') return new Decimal(text);
  return BigInt(text);
}

function isCanonicalFraction(double: number, text: string): boolean {
  return Number.isFinite(double) && !Number.isInteger(double) && String(double) === text;
}

export function numberFromBigint(value: bigint): number | bigint {
  const double = Number(value);
  if (Number.isSafeInteger(double)) return double;
  spendInteger(value);
  return value;
}

/** Counts the work on an integer; refuses one that nobody needs. */
function spendInteger(value: bigint): void {
  if (value < LARGE_INTEGER && value > -LARGE_INTEGER) return;
  if (value >= MAX_INTEGER || value <= -MAX_INTEGER) throw numberTooBig();
  spend(value.toString(16).length);
}

export function numberText(value: RegoNumber): string {
  if (value instanceof Decimal) return value.text;
  if (typeof value === 'bigint') spendInteger(value);
  return String(value);
}

/** The nearest double; infinite beyond its range. */
export function toDouble(value: RegoNumber): number {
  return value instanceof Decimal ? Number(value.text) : Number(value);
}

export function compareNumbers(a: RegoNumber, b: RegoNumber): number {
  if (a instanceof Decimal || b instanceof Decimal) return compareExact(exactOf(a), exactOf(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The value of an integer in any notation (`100`, `1e2`, `100.0`); `undefined` for a fraction. */
export function exactInteger(value: RegoNumber): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  const { coefficient, exponent } = value.exact;
  return exponent < 0 ? undefined : coefficient * powerOfTen(exponent);
}

/** The number of equal value that needs no text of its own, if there is one. */
export function scalarOf(value: Decimal): number | bigint | undefined {
  const { coefficient, exponent } = value.exact;
  if (exponent >= 0) {
    return exponent > MAX_EXPONENT ? undefined : numberFromBigint(coefficient * powerOfTen(exponent));
  }
  const double = Number(value.text);
  if (!Number.isFinite(double) || Number.isInteger(double)) return undefined;
  return compareExact(exactOf(double), value.exact) === 0 ? double : undefined;
}

export function isZero(value: RegoNumber): boolean {
  return value instanceof Decimal ? value.exact.coefficient === 0n : Number(value) === 0;
}

export function add(a: RegoNumber, b: RegoNumber): RegoNumber {
  if (typeof a === 'number' && typeof b === 'number' && Number.isInteger(a) && Number.isInteger(b)) {
    return a + b === safe(a + b) ? a + b : numberFromBigint(BigInt(a) + BigInt(b));
  }
  return computed(a, b, (x, y) => x + y, addFloats);
}

export function subtract(a: RegoNumber, b: RegoNumber): RegoNumber {
  if (typeof a === 'number' && typeof b === 'number' && Number.isInteger(a) && Number.isInteger(b)) {
    return a - b === safe(a - b) ? a - b : numberFromBigint(BigInt(a) - BigInt(b));
  }
  return computed(
    a,
    b,
    (x, y) => x - y,
    (x, y) => addFloats(x, negated(y)),
  );
}

export function multiply(a: RegoNumber, b: RegoNumber): RegoNumber {
  if (typeof a === 'number' && typeof b === 'number' && Number.isInteger(a) && Number.isInteger(b)) {
    // `+ 0`: JavaScript's -0 is no number of Rego's.
    return a * b === safe(a * b) ? a * b + 0 : numberFromBigint(BigInt(a) * BigInt(b));
  }
  return computed(a, b, (x, y) => x * y, multiplyFloats);
}

/** `undefined` for a division by zero. */
export function divide(a: RegoNumber, b: RegoNumber): RegoNumber | undefined {
  if (isZero(b)) return undefined;
  if (isInt32(a) && isInt32(b) && a % b === 0) return a / b + 0;
  return fromFloat(divideFloats(floatOf(exactOf(a)), floatOf(exactOf(b))));
}

/** With the sign of the dividend; `undefined` for a fraction or a division by zero. */
export function remainder(a: RegoNumber, b: RegoNumber): RegoNumber | undefined {
  const [dividend, divisor] = [exactInteger(a), exactInteger(b)];
  if (dividend === undefined || divisor === undefined || divisor === 0n) return undefined;
  return numberFromBigint(dividend % divisor);
}

export function absolute(value: RegoNumber): RegoNumber {
  if (isInt32(value)) return Math.abs(value);
  const float = floatOf(exactOf(value));
  return fromFloat(float.mantissa < 0n ? negated(float) : float);
}

/** Halves go away from zero. */
export function round(value: RegoNumber): RegoNumber {
  if (isInt32(value)) return value;
  const float = floatOf(exactOf(value));
  return fromInteger(truncateFloat(addFloats(float, float.mantissa < 0n ? MINUS_HALF : HALF)));
}

/** As OPA 1.22 does: what truncates to zero from below is rounded up once more, so `ceil(-0.5)` is 1. */
export function ceil(value: RegoNumber): RegoNumber {
  if (isInt32(value)) return value;
  const float = floatOf(exactOf(value));
  const whole = truncateFloat(float);
  return fromInteger(isIntegral(float) || whole < 0n ? whole : whole + 1n);
}

/** As OPA 1.22 does: what truncates to zero from below stays there. */
export function floor(value: RegoNumber): RegoNumber {
  if (isInt32(value)) return value;
  const float = floatOf(exactOf(value));
  const whole = truncateFloat(float);
  return fromInteger(isIntegral(float) || whole >= 0n ? whole : whole - 1n);
}

function isInt32(value: RegoNumber): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= MIN_INT32 && value <= MAX_INT32;
}

function safe(value: number): number {
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

function computed(
  a: RegoNumber,
  b: RegoNumber,
  integers: (x: bigint, y: bigint) => bigint,
  floats: (x: Float, y: Float) => Float,
): RegoNumber {
  const [x, y] = [exactInteger(a), exactInteger(b)];
  if (x !== undefined && y !== undefined) return numberFromBigint(integers(x, y));
  return fromFloat(floats(floatOf(exactOf(a)), floatOf(exactOf(b))));
}

function negated({ mantissa, exponent }: Float): Float {
  return { mantissa: -mantissa, exponent };
}

function fromFloat(value: Float): RegoNumber {
  return numberFromText(floatText(value));
}

/** An integer that OPA holds as a float of as many bits as it has. */
function fromInteger(value: bigint): RegoNumber {
  return fromFloat({ mantissa: value, exponent: 0 });
}
