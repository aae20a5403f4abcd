/** Numbers by their exact decimal value. */

import { spend } from './meter.ts';

/** The value `coefficient × 10^exponent`; the coefficient does not end in 0, and zero is `0 × 10^0`. */
export interface Exact {
  readonly coefficient: bigint;
  readonly exponent: number;
}

const NUMBER = /^(-?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** Powers of ten above this one are not computed: one short text must not fill the memory. */
export const MAX_EXPONENT = 20_000;

/** What OPA takes for a number in a policy has fewer; of a longer one only the text is known. */
const MAX_DIGITS = 40_000;

/** A computation would need a power of ten beyond `MAX_EXPONENT`, or more digits than anybody needs. */
export function numberTooBig(): RangeError {
  return new RangeError('number too big');
}

/**
 * A number whose text is not the one JavaScript would print: `1.0`, `1e2`, `1.10`, `1e400`, `-0`.
 * It keeps its text until something is computed with it.
 */
export class Decimal {
  readonly text: string;
  #cached: Exact | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get exact(): Exact {
    this.#cached ??= exactOfText(this.text);
    return this.#cached;
  }
}

export type RegoNumber = number | bigint | Decimal;

export function exactOf(value: RegoNumber): Exact {
  if (value instanceof Decimal) return value.exact;
  return typeof value === 'bigint' || Number.isInteger(value)
    ? normalized(BigInt(value), 0)
    : exactOfText(String(value));
}

function exactOfText(text: string): Exact {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  const length = whole.length + fraction.length;
  if (length > MAX_DIGITS) throw numberTooBig();
  spend(length >> 2);
  const digits = BigInt(`${whole}${fraction}` || '0');
  return normalized(sign === '-' ? -digits : digits, Number(exponent) - fraction.length);
}

function normalized(coefficient: bigint, exponent: number): Exact {
  if (coefficient === 0n) return { coefficient, exponent: 0 };
  const text = coefficient.toString();
  let zeros = 0;
  while (text[text.length - 1 - zeros] === '0') zeros++;
  if (zeros === 0) return { coefficient, exponent };
  return { coefficient: BigInt(text.slice(0, -zeros)), exponent: exponent + zeros };
}

export function powerOfTen(exponent: number): bigint {
  if (exponent > MAX_EXPONENT) throw numberTooBig();
  spend(exponent >> 4);
  return 10n ** BigInt(exponent);
}

/** Below, equal or above: exact, and without computing a power that the texts do not spell out. */
export function compareExact(a: Exact, b: Exact): number {
  const signs = signOf(a) - signOf(b);
  if (signs !== 0 || a.coefficient === 0n) return Math.sign(signs);
  const magnitudes = magnitudeOf(a) - magnitudeOf(b);
  if (magnitudes !== 0) return Math.sign(magnitudes) * signOf(a);
  const exponent = Math.min(a.exponent, b.exponent);
  spend((a.exponent + b.exponent - 2 * exponent) >> 4);
  const left = a.coefficient * 10n ** BigInt(a.exponent - exponent);
  const right = b.coefficient * 10n ** BigInt(b.exponent - exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}

function signOf({ coefficient }: Exact): number {
  return coefficient < 0n ? -1 : coefficient > 0n ? 1 : 0;
}

/** The exponent of the first digit. */
function magnitudeOf({ coefficient, exponent }: Exact): number {
  const text = coefficient.toString();
  spend(text.length >> 1);
  return text.length - (coefficient < 0n ? 1 : 0) + exponent;
}
