/**
 * Verification of a signature over a digest whose preimage is not at hand, which node:crypto cannot do for ECDSA.
 * OpenSSL verifies a fixed message M under a tweaked key instead. With e the digest, e_M the hash of M, (r, s) the
 * signature, Q the key and w = 1/s: let t = (e − e_M)/r and Q′ = Q + t·G. Then
 * e_M·w·G + r·w·Q′ = e_M·w·G + r·w·Q + (e − e_M)·w·G = e·w·G + r·w·Q: the same point, so the same verdict.
 */
import { concat, equalBytes, fromHex, toHex, utf8 } from '../bytes/index.ts';
import {
  basePointTimes,
  type KeyObject,
  publicKeyFrom,
  publicPoint,
  recoverPkcs1,
  sha256,
  spkiOf,
  verifyWithSpki,
} from '../crypto.ts';
import { CodedError } from '../errors.ts';
import { CURVES, type Curve, isOnCurve, type Point, uncompressedPoint } from './curves.ts';
import { tlogFormatError } from './errors.ts';

/**
 * Whether `signature` (DER for ECDSA, PKCS #1 v1.5 for RSA) is by `key` over `digest`. A key in DER (its
 * SubjectPublicKeyInfo) is not made an object of, which costs as much as the check itself.
 * Throws `crypto_public_key`, and `tlog_key_unsupported` for keys that sign no digest (Ed25519, ML-DSA) and other curves.
 */
export function verifyPrehashed(
  key: KeyObject | Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!(key instanceof Uint8Array)) return verifyByObject(key, digest, signature);
  const found = uncompressedPoint(key);
  if (found === undefined) return verifyByObject(publicKeyFrom(key), digest, signature);
  return verifyEcdsa({ spki: key, ...found, digest, signature });
}

function verifyByObject(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType === 'rsa') return verifyRsa(key, digest, signature);
  const curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key.asymmetricKeyType !== 'ec' || curve === undefined) {
    throw tlogFormatError(
      'tlog_key_unsupported',
      `a key of type ${key.asymmetricKeyType} cannot be checked over a digest: use ECDSA P-256, P-384, P-521 or RSA`,
    );
  }
  return verifyEcdsa({
    spki: spkiOf(key),
    curve,
    point: readPoint(publicPoint(key), curve),
    digest,
    signature,
  });
}

const FIXED_MESSAGES = [
  utf8('waybill prehash verification 1'),
  utf8('waybill prehash verification 2'),
] as const;

function verifyEcdsa(input: {
  readonly spki: Uint8Array;
  readonly curve: Curve;
  readonly point: Point;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
}): boolean {
  const { spki, curve, point, digest, signature } = input;
  // OpenSSL sees only the tweaked key. The sum with a point of another curve could lie on this one.
  if (!isOnCurve(point, curve)) {
    throw new CodedError('crypto_public_key', 'not a public key: its point does not lie on its curve');
  }
  const r = readR(signature);
  if (r === null || r === 0n || r >= curve.order) return false;
  const wanted = truncate(digest, curve);
  for (const message of FIXED_MESSAGES) {
    const tweak = mod((wanted - truncate(sha256(message), curve)) * invert(r, curve.order), curve.order);
    const tweaked = tweak === 0n ? spki : tweakKey(point, curve, tweak);
    // Null: the tweaked key is the point at infinity, which another message moves away from.
    if (tweaked !== null) return verifyWithSpki(tweaked, message, signature, 'sha256');
  }
  return false;
}

/** FIPS 186-5 §6.4: the leftmost bits of the digest, as many as the order has. */
function truncate(digest: Uint8Array, curve: Curve): bigint {
  const excess = digest.length * 8 - curve.orderBits;
  const value = toBigInt(digest);
  return excess > 0 ? value >> BigInt(excess) : value;
}

/** Q + t·G as a SubjectPublicKeyInfo, or null when that is the point at infinity. */
function tweakKey(point: Point, curve: Curve, tweak: bigint): Uint8Array | null {
  const t = readPoint(basePointTimes(curve.name, toBytes(tweak, curve.bytes)), curve);
  const sum = addPoints(point, t, curve.prime);
  if (sum === null) return null;
  return concat(curve.spkiPrefix, toBytes(sum.x, curve.bytes), toBytes(sum.y, curve.bytes));
}

/** Affine addition on a curve with a = −3; null is the point at infinity. */
export function addPoints(p: Point, q: Point, prime: bigint): Point | null {
  let slope: bigint;
  if (p.x !== q.x) slope = (q.y - p.y) * invert(mod(q.x - p.x, prime), prime);
  else if (p.y === q.y) slope = (3n * p.x * p.x - 3n) * invert(mod(2n * p.y, prime), prime);
  else return null;
  const x = mod(slope * slope - p.x - q.x, prime);
  return { x, y: mod(slope * (p.x - x) - p.y, prime) };
}

/** x ‖ y, each as long as the field. */
function readPoint(coordinates: Uint8Array, curve: Curve): Point {
  return {
    x: toBigInt(coordinates.subarray(0, curve.bytes)),
    y: toBigInt(coordinates.subarray(curve.bytes)),
  };
}

/** r of a strict DER Ecdsa-Sig-Value; null when it is none, in which case OpenSSL would refuse it too. */
function readR(der: Uint8Array): bigint | null {
  const body = readTlv(der, 0x30);
  if (body === null || body.rest.length > 0) return null;
  const r = readTlv(body.value, 0x02);
  const s = r === null ? null : readTlv(r.rest, 0x02);
  if (r === null || s === null || s.rest.length > 0) return null;
  return isPositiveInteger(r.value) && isPositiveInteger(s.value) ? toBigInt(r.value) : null;
}

function readTlv(
  der: Uint8Array,
  tag: number,
): { readonly value: Uint8Array; readonly rest: Uint8Array } | null {
  const [found, first = 0x80] = der;
  if (found !== tag) return null;
  // 0x81 is as long as lengths get here: a P-521 signature has at most 139 bytes.
  const long = first === 0x81;
  const length = long ? (der[2] ?? 0) : first;
  if (first > 0x81 || first === 0x80 || (long && length < 0x80)) return null;
  const start = long ? 3 : 2;
  if (der.length < start + length) return null;
  return { value: der.subarray(start, start + length), rest: der.subarray(start + length) };
}

function isPositiveInteger(bytes: Uint8Array): boolean {
  const [first, second = 0] = bytes;
  return first !== undefined && first < 0x80 && (first !== 0 || bytes.length === 1 || second >= 0x80);
}

/** DER of a DigestInfo up to the digest, by its length: SHA-256, SHA-384, SHA-512. */
const DIGEST_INFO: ReadonlyMap<number, Uint8Array> = new Map([
  [32, fromHex('3031300d060960864801650304020105000420')],
  [48, fromHex('3041300d060960864801650304020205000430')],
  [64, fromHex('3051300d060960864801650304020305000440')],
]);

/** RFC 8017 §8.2.2: the whole DigestInfo is compared, never parsed. */
function verifyRsa(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  // OpenSSL's recovery takes a shorter signature as one with leading zeros; a verifier must not.
  if (signature.length * 8 !== key.asymmetricKeyDetails?.modulusLength) return false;
  const prefix = DIGEST_INFO.get(digest.length);
  const recovered = recoverPkcs1(key, signature);
  return prefix !== undefined && recovered !== null && equalBytes(recovered, concat(prefix, digest));
}

function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** Inverse of `value` (not 0) by the extended Euclidean algorithm. */
function invert(value: bigint, modulus: bigint): bigint {
  let [rest, next, inverse, nextInverse] = [modulus, value, 0n, 1n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [inverse, nextInverse] = [nextInverse, inverse - quotient * nextInverse];
  }
  return mod(inverse, modulus);
}

function toBigInt(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

function toBytes(value: bigint, length: number): Uint8Array {
  return fromHex(value.toString(16).padStart(length * 2, '0'));
}
