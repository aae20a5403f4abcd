/** Equality, order and hashes of values, as OPA defines them. */
import { Decimal } from './decimal.ts';
import { spendText } from './meter.ts';
import { compareNumbers, numberText, type RegoNumber, scalarOf } from './number.ts';
import type { Value } from './value.ts';

/** Term order: null < booleans < numbers < strings < arrays < objects < sets. */
const RANK = { null: 0, boolean: 1, number: 2, string: 3, array: 4, object: 5, set: 6 } as const;
type Kind = keyof typeof RANK;

/** What arrays, objects and sets have in common: a structural hash, computed once. */
export abstract class Composite {
  abstract readonly kind: 'array' | 'object' | 'set';
  #cachedHash = 0;

  /** Equal values have equal hashes; never 0. */
  get hash(): number {
    if (this.#cachedHash === 0) this.#cachedHash = this.computeHash() || 1;
    return this.#cachedHash;
  }

  protected abstract computeHash(): number;
  /** The other value is no scalar and another object than this one. */
  abstract equals(other: Composite): boolean;
  /** The other value has the same kind. */
  abstract compareTo(other: Composite): number;
}

export function isNumber(value: Value): value is RegoNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;
}

/** The name of a value's type, as `type_name` gives it. */
export function typeName(value: Value): Kind {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (value === null) return 'null';
  return value instanceof Composite ? value.kind : 'number';
}

export function equal(a: Value, b: Value): boolean {
  if (typeof a === 'string') {
    spendText(a.length);
    return a === b;
  }
  if (a === b) return true;
  if (a instanceof Composite) return b instanceof Composite && a.equals(b);
  // Two numbers without a text of their own are equal only if they are identical.
  if (a instanceof Decimal) return isNumber(b) && compareNumbers(a, b) === 0;
  return b instanceof Decimal && isNumber(a) && compareNumbers(a, b) === 0;
}

/** Negative, 0 or positive, in term order. */
export function compare(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  if (a === b) return 0;
  const ranks = RANK[typeName(a)] - RANK[typeName(b)];
  if (ranks !== 0) return ranks;
  if (a instanceof Composite && b instanceof Composite) return a.compareTo(b);
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  return a === false ? -1 : 1;
}

/** By code point. JavaScript compares UTF-16 units, which differs for surrogates alone. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  spendText(length);
  if (a === b) return 0;
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all that one unit can hold. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

export function hashOf(value: Value): number {
  switch (typeof value) {
    case 'string':
      return hashString(value);
    case 'number':
      return hashNumber(value);
    case 'boolean':
      return value ? 0x3c6ef372 : 0x1f83d9ab;
    case 'bigint':
      return hashString(numberText(value));
    default:
      if (value === null) return 0x510e527f;
      return value instanceof Composite ? value.hash : hashDecimal(value);
  }
}

function hashString(text: string): number {
  spendText(text.length);
  let hash = 0x811c9dc5 ^ text.length;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mixHash(hash, 3);
}

function hashNumber(value: number): number {
  return Number.isInteger(value)
    ? mixHash(value | 0, Math.floor(value / 0x100000000) | 0)
    : hashString(String(value));
}

function hashDecimal(value: Decimal): number {
  const scalar = scalarOf(value);
  if (scalar !== undefined) return hashOf(scalar);
  const { coefficient, exponent } = value.exact;
  return hashString(`${coefficient}e${exponent}`);
}

/** Spreads two hashes over 32 bits; not symmetric. */
export function mixHash(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) + b;
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}
