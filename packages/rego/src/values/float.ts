/**
 * Binary floating-point numbers with a mantissa of 64 bits, as Go's `big.Float` has by default:
 * what OPA computes with wherever a fraction takes part.
 */
import { type Exact, MAX_EXPONENT, numberTooBig } from './decimal.ts';
import { spend } from './meter.ts';

const PRECISION = 64;
const LIMIT = 1n << BigInt(PRECISION);
/** Guard bits of a division, so that what is cut off can only decide a tie. */
const GUARD = 3;
/** No exponent that decimals within `MAX_EXPONENT` lead to comes near it. */
const MAX_BINARY_EXPONENT = MAX_EXPONENT * 8;

/** The value `mantissa × 2^exponent`, |mantissa| < 2^64. */
export interface Float {
  readonly mantissa: bigint;
  readonly exponent: number;
}

export function floatOf({ coefficient, exponent }: Exact): Float {
  if (Math.abs(exponent) > MAX_EXPONENT) throw numberTooBig();
  spend(Math.abs(exponent) >> 2);
  if (exponent >= 0) return rounded(coefficient * 10n ** BigInt(exponent), 0);
  return quotient(coefficient, 10n ** BigInt(-exponent), 0);
}

export function addFloats(a: Float, b: Float): Float {
  const exponent = Math.min(a.exponent, b.exponent);
  return rounded(
    (a.mantissa << BigInt(a.exponent - exponent)) + (b.mantissa << BigInt(b.exponent - exponent)),
    exponent,
  );
}

export function multiplyFloats(a: Float, b: Float): Float {
  return rounded(a.mantissa * b.mantissa, a.exponent + b.exponent);
}

/** The divisor MUST NOT be zero. */
export function divideFloats(a: Float, b: Float): Float {
  return quotient(a.mantissa, b.mantissa, a.exponent - b.exponent);
}

/** Towards zero. */
export function truncateFloat({ mantissa, exponent }: Float): bigint {
  if (exponent >= 0) return mantissa << BigInt(exponent);
  const magnitude = absolute(mantissa) >> BigInt(-exponent);
  return mantissa < 0n ? -magnitude : magnitude;
}

export function isIntegral({ mantissa, exponent }: Float): boolean {
  return exponent >= 0 || mantissa % (1n << BigInt(-exponent)) === 0n;
}

/** `dividend / divisor × 2^exponent`, rounded once. */
function quotient(dividend: bigint, divisor: bigint, exponent: number): Float {
  const shift = Math.max(0, PRECISION + GUARD + bits(divisor) - bits(dividend));
  const scaled = dividend << BigInt(shift);
  const exact = scaled / divisor;
  // A remainder makes the last bit odd: no tie, and the direction is known.
  const sticky = scaled % divisor === 0n ? 0n : scaled < 0n !== divisor < 0n ? -1n : 1n;
  return rounded(exact * 2n + sticky, exponent - shift - 1);
}

/** To the nearest of 64 bits, ties to even. */
function rounded(mantissa: bigint, exponent: number): Float {
  const magnitude = absolute(mantissa);
  const surplus = bits(magnitude) - PRECISION;
  if (Math.abs(exponent) > MAX_BINARY_EXPONENT) throw numberTooBig();
  if (surplus <= 0) return { mantissa, exponent };
  const cut = BigInt(surplus);
  const half = 1n << (cut - 1n);
  const rest = magnitude & ((1n << cut) - 1n);
  let kept = magnitude >> cut;
  if (rest > half || (rest === half && (kept & 1n) === 1n)) kept++;
  return { mantissa: mantissa < 0n ? -kept : kept, exponent: exponent + surplus };
}

/** The shortest digits that read back as the same number; as Go prints `%g`, and integers in full. */
export function floatText(value: Float): string {
  if (value.mantissa === 0n) return '0';
  spend(Math.abs(value.exponent));
  const sign = value.mantissa < 0n ? '-' : '';
  const { digits, point } = shortest(normalizedFloat(value));
  if (isIntegral(value)) return sign + digits.padEnd(point, '0').slice(0, point);
  const exponent = point - 1;
  // Go's %g takes the exponential form below 1e-4 and from 1e6 on.
  if (exponent >= -4 && exponent < 6) return sign + positional(digits, point);
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
}

function positional(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return digits.padEnd(point, '0');
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Positive, with at least 64 bits in use, as the distance to the neighbours depends on it. */
function normalizedFloat({ mantissa, exponent }: Float): Float {
  const magnitude = absolute(mantissa);
  const shift = Math.max(0, PRECISION - bits(magnitude));
  return { mantissa: magnitude << BigInt(shift), exponent: exponent - shift };
}

interface Digits {
  readonly digits: string;
  /** Where the decimal point stands, counted from the first digit. */
  readonly point: number;
}

/** Digits are taken off the exact decimal expansion while it stays nearer to this number than to its neighbours. */
function shortest({ mantissa, exponent }: Float): Digits {
  // All three times two, so that the middle between neighbours is an integer.
  const [exact, scale] = decimalOf(mantissa * 2n, exponent - 1);
  const [below] = decimalOf(mantissa * 2n - 1n, exponent - 1);
  const [above] = decimalOf(mantissa * 2n + 1n, exponent - 1);
  const isEven = (mantissa & 1n) === 0n;
  const fits = (candidate: bigint): boolean =>
    isEven ? candidate >= below && candidate <= above : candidate > below && candidate < above;
  const length = exact.toString().length;
  for (let kept = 1; kept < length; kept++) {
    const unit = 10n ** BigInt(length - kept);
    const down = (exact / unit) * unit;
    const nearest = (exact - down) * 2n >= unit ? down + unit : down;
    const candidate = fits(nearest)
      ? nearest
      : fits(down)
        ? down
        : fits(down + unit)
          ? down + unit
          : undefined;
    if (candidate !== undefined) return withoutZeros(candidate.toString(), scale);
  }
  return withoutZeros(exact.toString(), scale);
}

/** `value × 2^exponent` as an integer and the number of its digits behind the point. */
function decimalOf(value: bigint, exponent: number): readonly [integer: bigint, scale: number] {
  return exponent >= 0 ? [value << BigInt(exponent), 0] : [value * 5n ** BigInt(-exponent), -exponent];
}

function withoutZeros(text: string, scale: number): Digits {
  return { digits: text.replace(/0+$/, '') || '0', point: text.length - scale };
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function bits(value: bigint): number {
  const magnitude = absolute(value);
  if (magnitude === 0n) return 0;
  if (magnitude < LIMIT) return magnitude.toString(2).length;
  const hex = magnitude.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex.charAt(0), 16)));
}
