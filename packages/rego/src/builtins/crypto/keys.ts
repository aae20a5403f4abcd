/** Keys in DER and as JSON Web Keys. */

import { RegoObject, type Value } from '../../values/value.ts';
import { Base64Error, decodeBase64 } from '../go/base64.ts';
import {
  type CurveName,
  type EcPrivateKey,
  integerOfBytes,
  type PrivateKey,
  type PublicKey,
  type RsaPrivateKey,
} from './cryptography.ts';
import { DerError, DerReader, TAG } from './der.ts';

const OID = { rsa: '1.2.840.113549.1.1.1', ec: '1.2.840.10045.2.1', ed25519: '1.3.101.112' };
const CURVES: ReadonlyMap<string, CurveName> = new Map([
  ['1.2.840.10045.3.1.7', 'P-256'],
  ['1.3.132.0.34', 'P-384'],
  ['1.3.132.0.35', 'P-521'],
]);

/** The curve whose object identifier this is. */
function curveOf(oid: string): CurveName {
  const curve = CURVES.get(oid);
  if (curve === undefined) throw new DerError('unsupported elliptic curve');
  return curve;
}

/** SubjectPublicKeyInfo, RFC 5280 §4.1. */
export function parseSpki(der: Uint8Array): PublicKey {
  const info = DerReader.of(der);
  const algorithm = info.enter();
  const oid = algorithm.oid();
  if (oid === OID.rsa) return parsePkcs1Public(info.bits());
  if (oid === OID.ec) return parsePoint(curveOf(algorithm.oid()), info.bits());
  if (oid === OID.ed25519) return { type: 'ed25519', bytes: info.bits() };
  throw new DerError('unknown public key algorithm');
}

function parsePkcs1Public(der: Uint8Array): PublicKey {
  const key = DerReader.of(der);
  return { type: 'rsa', modulus: key.integer(), exponent: key.integer() };
}

/** An uncompressed point, SEC 1 §2.3.3. */
function parsePoint(curve: CurveName, bytes: Uint8Array): PublicKey & { type: 'ec' } {
  if (bytes[0] !== 4 || bytes.length % 2 !== 1)
    throw new DerError('failed to unmarshal elliptic curve point');
  const half = (bytes.length - 1) / 2;
  return {
    type: 'ec',
    curve,
    x: integerOfBytes(bytes.subarray(1, 1 + half)),
    y: integerOfBytes(bytes.subarray(1 + half)),
  };
}

/** RSAPrivateKey, RFC 8017 appendix A.1.2. */
export function parsePkcs1(der: Uint8Array): RsaPrivateKey {
  const key = DerReader.of(der);
  key.integer();
  const modulus = key.integer();
  const exponent = key.integer();
  const privateExponent = key.integer();
  const primes = [key.integer(), key.integer()] as const;
  if (primes[0] * primes[1] !== modulus) throw new DerError('invalid primes');
  return { type: 'rsa', modulus, exponent, privateExponent, primes };
}

/** PrivateKeyInfo, RFC 5208 §5. */
export function parsePkcs8(der: Uint8Array): PrivateKey {
  const info = DerReader.of(der);
  info.integer();
  const algorithm = info.enter();
  const oid = algorithm.oid();
  const inner = info.octets();
  if (oid === OID.rsa) return parsePkcs1(inner);
  if (oid === OID.ec) return parseSec1(inner, curveOf(algorithm.oid()));
  if (oid !== OID.ed25519) throw new DerError('PKCS#8 wrapping contained private key with unknown algorithm');
  const seed = DerReader.of(inner, TAG.octetString).rest;
  return { type: 'ed25519', seed, bytes: new Uint8Array() };
}

/** ECPrivateKey, RFC 5915 §3; the public key MUST be there, as it is in all that tools write. */
export function parseSec1(der: Uint8Array, known?: CurveName): EcPrivateKey {
  const key = DerReader.of(der);
  key.integer();
  const privateScalar = integerOfBytes(key.octets());
  const parameters = key.optional(0xa0);
  const curve = parameters === undefined ? known : curveOf(new DerReader(parameters.contents).oid());
  const point = key.optional(0xa1);
  if (curve === undefined || point === undefined) throw new DerError('unknown elliptic curve');
  return { ...parsePoint(curve, new DerReader(point.contents).bits()), privateScalar };
}

/** A key of a set, and what the set says of it. */
export interface NamedKey {
  readonly algorithm: string;
  readonly id: string;
  readonly key: PublicKey | Uint8Array;
  readonly privateKey: PrivateKey | undefined;
}

export class JwkError extends Error {
  override readonly name = 'JwkError';
}

/** RFC 7517: a set of keys or a single one. */
export function parseJwks(value: Value): NamedKey[] {
  if (!(value instanceof RegoObject)) throw new JwkError('expected a JSON object');
  const keys = value.get('keys');
  if (keys === undefined || keys === null || typeof keys !== 'object' || !('items' in keys)) {
    return [parseJwk(value)];
  }
  return keys.items.map((item) => {
    if (!(item instanceof RegoObject)) throw new JwkError('a key set holds what is no object');
    return parseJwk(item);
  });
}

function parseJwk(jwk: RegoObject): NamedKey {
  const type = jwk.get('kty');
  const named = { algorithm: textOf(jwk, 'alg') ?? '', id: textOf(jwk, 'kid') ?? '' };
  if (type === 'RSA') return { ...named, ...rsaOf(jwk) };
  if (type === 'EC') return { ...named, ...ecOf(jwk) };
  if (type === 'OKP') return { ...named, ...okpOf(jwk) };
  if (type === 'oct') return { ...named, key: bytesIn(jwk, 'k'), privateKey: undefined };
  throw new JwkError(`invalid key type from JSON (${typeof type === 'string' ? type : ''})`);
}

type KeyPair = Pick<NamedKey, 'key' | 'privateKey'>;

function rsaOf(jwk: RegoObject): KeyPair {
  const key = { type: 'rsa', modulus: numberIn(jwk, 'n'), exponent: numberIn(jwk, 'e') } as const;
  if (!jwk.has('d')) return { key, privateKey: undefined };
  const privateKey: RsaPrivateKey = {
    ...key,
    privateExponent: numberIn(jwk, 'd'),
    primes: [numberIn(jwk, 'p'), numberIn(jwk, 'q')],
  };
  return { key, privateKey };
}

function ecOf(jwk: RegoObject): KeyPair {
  const curve = jwk.get('crv');
  if (curve !== 'P-256' && curve !== 'P-384' && curve !== 'P-521') {
    throw new JwkError('unsupported elliptic curve');
  }
  const key = { type: 'ec', curve, x: numberIn(jwk, 'x'), y: numberIn(jwk, 'y') } as const;
  if (!jwk.has('d')) return { key, privateKey: undefined };
  return { key, privateKey: { ...key, privateScalar: numberIn(jwk, 'd') } };
}

function okpOf(jwk: RegoObject): KeyPair {
  if (jwk.get('crv') !== 'Ed25519') throw new JwkError('unsupported curve');
  const key = { type: 'ed25519', bytes: bytesIn(jwk, 'x') } as const;
  if (!jwk.has('d')) return { key, privateKey: undefined };
  return { key, privateKey: { ...key, seed: bytesIn(jwk, 'd') } };
}

function textOf(jwk: RegoObject, name: string): string | undefined {
  const value = jwk.get(name);
  return typeof value === 'string' ? value : undefined;
}

function numberIn(jwk: RegoObject, name: string): bigint {
  return integerOfBytes(bytesIn(jwk, name));
}

function bytesIn(jwk: RegoObject, name: string): Uint8Array {
  const text = textOf(jwk, name);
  if (text === undefined) throw new JwkError(`required field ${name} is missing`);
  const bare = text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
  try {
    return decodeBase64(bare + '='.repeat((4 - (bare.length % 4)) % 4), 'url');
  } catch (error) {
    if (error instanceof Base64Error) throw new JwkError(`field ${name} is no base64url`);
    throw error;
  }
}
