/** units.parse and units.parse_bytes */
import { exactOf } from '../values/decimal.ts';
import { type Float, floatOf, multiplyFloats, truncateFloat } from '../values/float.ts';
import { numberFromBigint, numberFromText, type RegoNumber } from '../values/number.ts';
import { type BuiltinGroup, builtinError, functions } from './builtin.ts';
import { parseFloatText } from './go/number-text.ts';
import { stringOperand } from './operands.ts';

const MAX_EXPONENT_DIGITS = 6;
/** OPA's float of 0.001, which `m` stands for, has an end in binary: this is it. */
const MILLI = { numerator: 1152921504606847n, denominator: 1n << 60n };

function powers(base: bigint, suffixes: string): [string, bigint][] {
  return suffixes.split(' ').map((suffix, index) => [suffix, base ** BigInt(index + 1)]);
}

const BYTES: ReadonlyMap<string, bigint> = new Map([
  ['', 1n] as const,
  ...powers(1000n, 'k m g t p e'),
  ...powers(1000n, 'kb mb gb tb pb eb'),
  ...powers(1024n, 'ki mi gi ti pi ei'),
  ...powers(1024n, 'kib mib gib tib pib eib'),
]);

/** The first letter keeps its case: `m` is a thousandth, `M` a million. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['', 1n] as const,
  ...powers(1000n, 'k M g t p e'),
  ...powers(1000n, 'K M G T P E'),
  ...powers(1024n, 'ki mi gi ti pi ei'),
  ...powers(1024n, 'Ki Mi Gi Ti Pi Ei'),
]);

interface Amount {
  readonly number: string;
  readonly unit: string;
}

/** Splits `1.5e3Mi`: an `e` belongs to the number if digits or a sign follow. */
function split(name: string, text: string): Amount {
  if (text.includes(' ')) throw failure(name, 'spaces not allowed in resource strings');
  let at = 0;
  for (; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === 'e' || char === 'E') {
      if (!/[\d+-]/.test(text.charAt(at + 1))) break;
      if (/[+-]/.test(text.charAt(at + 1))) at++;
      const digits = /^\d*/.exec(text.slice(at + 1))?.[0].length ?? 0;
      if (digits > MAX_EXPONENT_DIGITS) throw failure(name, 'exponent too large');
    } else if (!/[\d.+-]/.test(char)) break;
  }
  return { number: text.slice(0, at), unit: text.slice(at) };
}

function failure(name: string, message: string): Error {
  return builtinError(`${name}: ${message}`);
}

function parseBytes(raw: string): RegoNumber {
  const name = 'units.parse_bytes';
  const { number, unit } = split(name, raw.toLowerCase().replaceAll('"', ''));
  if (number === '') throw failure(name, 'no byte amount provided');
  const factor = BYTES.get(unit);
  if (factor === undefined) throw failure(name, `byte unit ${unit} not recognized`);
  const text = parseFloatText(number);
  if (text === undefined) throw failure(name, 'could not parse byte amount to a number');
  const scale: Float = { mantissa: factor, exponent: 0 };
  return numberFromBigint(truncateFloat(multiplyFloats(floatOf(exactOf(numberFromText(text))), scale)));
}

/** In fractions, exactly; ten digits behind the point. */
function parseUnits(raw: string): RegoNumber {
  const name = 'units.parse';
  const { number, unit } = split(name, raw.replaceAll('"', ''));
  if (number === '') throw failure(name, 'no amount provided');
  const symbol = unit.slice(0, 1) + unit.slice(1).toLowerCase();
  const factor = symbol === 'm' ? undefined : UNITS.get(symbol);
  if (factor === undefined && symbol !== 'm') throw failure(name, `unit ${symbol} not recognized`);
  const text = parseFloatText(number);
  if (text === undefined) throw failure(name, 'could not parse amount to a number');
  const { coefficient, exponent } = exactOf(numberFromText(text));
  const [numerator, denominator] = factor === undefined ? [MILLI.numerator, MILLI.denominator] : [factor, 1n];
  const top = coefficient * numerator * (exponent > 0 ? 10n ** BigInt(exponent) : 1n);
  return quotient(top, denominator * (exponent < 0 ? 10n ** BigInt(-exponent) : 1n));
}

function quotient(top: bigint, bottom: bigint): RegoNumber {
  if (top % bottom === 0n) return numberFromBigint(top / bottom);
  const sign = top < 0n ? '-' : '';
  const size = top < 0n ? -top : top;
  // Halves go away from zero.
  const scaled = (size * 10n ** 10n * 2n + bottom) / (bottom * 2n);
  const digits = scaled.toString().padStart(11, '0');
  return numberFromText(`${sign}${digits.slice(0, -10)}.${digits.slice(-10)}`);
}

export const UNITS_GROUP: BuiltinGroup = functions({
  'units.parse': (_context, text) => parseUnits(stringOperand(text, 1)),
  'units.parse_bytes': (_context, text) => parseBytes(stringOperand(text, 1)),
});
