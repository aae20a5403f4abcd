/** What the built-ins need of cryptography; handed in, as Node and browsers have different ones. */

export type HashName = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';

export type CurveName = 'P-256' | 'P-384' | 'P-521';

export interface RsaPublicKey {
  readonly type: 'rsa';
  readonly modulus: bigint;
  readonly exponent: bigint;
}

export interface EcPublicKey {
  readonly type: 'ec';
  readonly curve: CurveName;
  readonly x: bigint;
  readonly y: bigint;
}

export interface EdPublicKey {
  readonly type: 'ed25519';
  readonly bytes: Uint8Array;
}

export type PublicKey = RsaPublicKey | EcPublicKey | EdPublicKey;

export interface RsaPrivateKey extends RsaPublicKey {
  readonly privateExponent: bigint;
  readonly primes: readonly [p: bigint, q: bigint];
}

export interface EcPrivateKey extends EcPublicKey {
  readonly privateScalar: bigint;
}

export interface EdPrivateKey extends EdPublicKey {
  readonly seed: Uint8Array;
}

export type PrivateKey = RsaPrivateKey | EcPrivateKey | EdPrivateKey;

export type SignatureScheme =
  | { readonly type: 'rsa-pkcs1' | 'rsa-pss'; readonly hash: HashName }
  /** The signature is both numbers, each as long as the curve's order. */
  | { readonly type: 'ecdsa'; readonly hash: HashName }
  | { readonly type: 'ed25519' };

/** Synchronous throughout: a policy does not wait. */
export interface Cryptography {
  digest(hash: HashName, data: Uint8Array): Uint8Array;
  hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** False also where key and scheme do not belong together, or the key is no valid one. */
  verify(scheme: SignatureScheme, key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean;
  /** Throws a CryptographyError where the key cannot sign so. */
  sign(scheme: SignatureScheme, key: PrivateKey, data: Uint8Array): Uint8Array;
}

export class CryptographyError extends Error {
  override readonly name = 'CryptographyError';
}

/** Bytes of a coordinate or scalar. */
export const FIELD_BYTES: Readonly<Record<CurveName, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

export function bytesOfInteger(value: bigint, length?: number): Uint8Array {
  const digits = value.toString(16);
  const hex = digits.padStart(length === undefined ? digits.length + (digits.length % 2) : length * 2, '0');
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function integerOfBytes(bytes: Uint8Array): bigint {
  let hex = '';
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0');
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** In a time that does not depend on where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (const [at, byte] of a.entries()) difference |= byte ^ (b[at] ?? 0);
  return difference === 0;
}
