/** Claims as text, as Fulcio's templates see them: Go's `%v`, with whole numbers written out. */
import type { Json } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';

export type Claims = Readonly<Record<string, Json>>;

/** Throws `fulcio_claim_invalid` for a whole number that JSON readers round: two identities would become one. */
export function claimText(name: string, value: Json): string {
  if (typeof value === 'number') return numberText(name, value);
  return typeof value === 'string' ? value.toWellFormed() : valueText(value);
}

function numberText(name: string, value: number): string {
  if (!Number.isInteger(value)) return decimal(value);
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '-0' : String(value);
  throw new CodedError(
    'fulcio_claim_invalid',
    `The claim ${JSON.stringify(name)} is a number beyond 2^53, which JSON readers round: the issuer should send it as text.`,
  );
}

/** strconv.FormatFloat(value, 'f', -1, 64) of a fraction. */
function decimal(value: number): string {
  const { sign, digits, exponent } = shortest(value);
  if (exponent >= 0) return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
  return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
}

/** fmt's %v. */
function valueText(value: Json): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return floatText(value);
  if (Array.isArray(value)) return `[${value.map(valueText).join(' ')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).toSorted(([a], [b]) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    return `map[${members.map(([key, member]) => `${key.toWellFormed()}:${valueText(member)}`).join(' ')}]`;
  }
  return String(value).toWellFormed();
}

/** strconv.FormatFloat(value, 'g', -1, 64) as fmt calls it: an exponent from a million on. */
function floatText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const { sign, digits, exponent } = shortest(value);
  if (exponent >= -4 && exponent < 6) return Number.isInteger(value) ? String(value) : decimal(value);
  const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits;
  const size = Math.abs(exponent).toString().padStart(2, '0');
  return `${sign}${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** The fewest digits that read back as the same number. */
function shortest(value: number): {
  readonly sign: string;
  readonly digits: string;
  readonly exponent: number;
} {
  const [, sign = '', head = '', tail = '', exponent = ''] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  return { sign, digits: head + tail, exponent: Number(exponent) };
}
