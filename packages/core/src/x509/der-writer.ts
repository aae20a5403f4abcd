/**
 * DER (ITU-T X.690), write side: definite lengths in the fewest octets, integers in the fewest octets,
 * SET OF sorted. Each function returns one complete TLV.
 */
import { concat, utf8 } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** One TLV with a single-octet tag. */
export function derTlv(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  let sizeBytes = 0;
  for (const part of content) sizeBytes += part.length;
  return concat(Uint8Array.of(tag, ...derLength(sizeBytes)), ...content);
}

function derLength(sizeBytes: number): readonly number[] {
  if (sizeBytes < 0x80) return [sizeBytes];
  const octets: number[] = [];
  for (let rest = sizeBytes; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

export function derSequence(...items: readonly Uint8Array[]): Uint8Array {
  return derTlv(TAG.sequence, ...items);
}

/** SET OF: DER sorts the encodings (X.690 §11.6). */
export function derSetOf(...items: readonly Uint8Array[]): Uint8Array {
  return derTlv(TAG.set, ...items.toSorted((a, b) => Buffer.compare(a, b)));
}

/** A whole number ≥ 0, from a number or from big-endian octets. */
export function derInteger(value: number | bigint | Uint8Array): Uint8Array {
  const octets = typeof value === 'object' ? value : octetsOf(BigInt(value));
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const magnitude = octets.subarray(start);
  if (magnitude.length === 0) throw derError('an integer needs at least one octet');
  return (magnitude[0] as number) >= 0x80
    ? derTlv(TAG.integer, Uint8Array.of(0), magnitude)
    : derTlv(TAG.integer, magnitude);
}

/** Any whole number, in two's complement (X.690 §8.3). */
export function derSignedInteger(value: bigint): Uint8Array {
  if (value >= 0n) return derInteger(value);
  let bits = 8n;
  while (value < -(1n << (bits - 1n))) bits += 8n;
  return derTlv(TAG.integer, octetsOf((1n << bits) + value));
}

function octetsOf(value: bigint): Uint8Array {
  if (value < 0n) throw derError(`expected a whole number ≥ 0, found ${value}`);
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

export function derBoolean(value: boolean): Uint8Array {
  return derTlv(TAG.boolean, Uint8Array.of(value ? 0xff : 0));
}

export function derNull(): Uint8Array {
  return derTlv(TAG.null);
}

export function derOctetString(content: Uint8Array): Uint8Array {
  return derTlv(TAG.octetString, content);
}

export function derBitString(content: Uint8Array, unusedBits = 0): Uint8Array {
  return derTlv(TAG.bitString, Uint8Array.of(unusedBits), content);
}

export function derUtf8String(text: string): Uint8Array {
  return derTlv(TAG.utf8String, utf8(text));
}

// A pure function's memory: a certificate has twenty object identifiers, and they are the same in every one.
const knownOids = new Map<string, Uint8Array>();
const MAX_KNOWN_OIDS = 256;

/** Dotted decimal, `1.2.840.113549.1.7.2`. What it returns MUST NOT be written to. */
export function derOid(dotted: string): Uint8Array {
  const known = knownOids.get(dotted);
  if (known !== undefined) return known;
  const made = encodeOid(dotted);
  if (knownOids.size < MAX_KNOWN_OIDS) knownOids.set(dotted, made);
  return made;
}

function encodeOid(dotted: string): Uint8Array {
  if (!/^[0-2](\.(0|[1-9][0-9]{0,14})){2,}$/.test(dotted)) {
    throw derError(`expected an object identifier in dotted form, found ${dotted}`);
  }
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]];
  if (first < 2 && second > 39) throw derError(`${dotted}: the second arc must be 39 or less`);
  return derTlv(TAG.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) {
    octets.unshift(0x80 | (rest % 128));
  }
  return octets;
}

/** GeneralizedTime in UTC, whole seconds, no fraction: the form RFC 5280 and RFC 3161 both take. */
export function derGeneralizedTime(date: Date): Uint8Array {
  return derTlv(TAG.generalizedTime, utf8(digitsOf(date)));
}

/** Validity times of RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on. */
export function derTime(date: Date): Uint8Array {
  const year = date.getUTCFullYear();
  if (year >= 2050) return derGeneralizedTime(date);
  if (year < 1950) throw derError(`a certificate time must not be before 1950, found ${date.toISOString()}`);
  return derTlv(TAG.utcTime, utf8(digitsOf(date).slice(2)));
}

function digitsOf(date: Date): string {
  const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  // Years beyond 9999 have a sign and six digits.
  if (iso.length !== 24) throw derError('expected a date between the years 0 and 9999');
  return `${iso.slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

/** `[n] EXPLICIT`: a constructed context tag around one complete TLV. */
export function derExplicit(number: number, ...items: readonly Uint8Array[]): Uint8Array {
  return derTlv(0xa0 | number, ...items);
}

/** `[n] IMPLICIT` over a primitive type: content octets without their own tag. */
export function derImplicit(number: number, content: Uint8Array): Uint8Array {
  return derTlv(0x80 | number, content);
}

function derError(message: string): CodedError<'x509_der_write'> {
  return new CodedError('x509_der_write', message);
}
