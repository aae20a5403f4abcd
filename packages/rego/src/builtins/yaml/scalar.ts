/** What a plain scalar of YAML means to go-yaml v3: the core schema of 1.2, and some of 1.1. */
import { parseFloatText } from '../go/number-text.ts';

export type Scalar =
  | { readonly type: 'null' | 'merge' | 'string' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  /** Only told apart from strings where it is written. */
  | { readonly type: 'timestamp' };

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, { type: 'null' }] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, { type: 'boolean', value: true }] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, { type: 'boolean', value: false }] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, { type: 'float', value: Number.NaN }] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    (word) => [word, { type: 'float', value: Infinity }] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, { type: 'float', value: -Infinity }] as const),
  ['<<', { type: 'merge' }],
]);
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const TIMESTAMP =
  /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d\d:\d\d(?:\.\d+)?(?:Z| ?[-+]\d\d?:?\d\d| ?[-+]\d\d?)?)?$/;
const INT64_MIN = -(1n << 63n);
const UINT64_MAX = (1n << 64n) - 1n;

export function resolveScalar(text: string): Scalar {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (text.startsWith('.')) return float(text) ?? { type: 'string' };
  if (!/^[-+\d]/.test(text)) return { type: 'string' };
  if (TIMESTAMP.test(text)) return { type: 'timestamp' };
  const plain = text.replaceAll('_', '');
  const value = integer(plain);
  if (value !== undefined && value >= INT64_MIN && value <= UINT64_MAX) return { type: 'integer', value };
  return (FLOAT.test(plain) ? float(plain) : undefined) ?? { type: 'string' };
}

/** `0x`, `0b`, `0o`, and the octal numbers of YAML 1.1: `0777`. */
function integer(text: string): bigint | undefined {
  const [, sign = '', digits = ''] = /^([-+]?)(.*)$/s.exec(text) ?? [];
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (!/^(?:0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+|0|[1-9]\d*)$/.test(octal)) return undefined;
  return sign === '-' ? -BigInt(octal) : BigInt(octal);
}

function float(text: string): Scalar | undefined {
  const number = parseFloatText(text);
  const value = Number(number);
  return number === undefined || !Number.isFinite(value) ? undefined : { type: 'float', value };
}
