/** The algorithms that sign certificates, by object identifier. */
import type { SignedObject } from './certificate.ts';
import type { HashName, SignatureScheme } from './cryptography.ts';
import { DerError, DerReader } from './der.ts';

interface Algorithm {
  /** x509.SignatureAlgorithm. */
  readonly number: number;
  /** How a signature is checked; absent for what is too weak or not known here. */
  readonly scheme?: SignatureScheme;
}

const RSA = '1.2.840.113549.1.1.';
const ECDSA = '1.2.840.10045.4.';
const PSS = `${RSA}10`;
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  [`${RSA}2`, { number: 1 }],
  [`${RSA}4`, { number: 2 }],
  [`${RSA}5`, { number: 3 }],
  ['1.3.14.3.2.29', { number: 3 }],
  [`${RSA}11`, { number: 4, scheme: { type: 'rsa-pkcs1', hash: 'sha256' } }],
  [`${RSA}12`, { number: 5, scheme: { type: 'rsa-pkcs1', hash: 'sha384' } }],
  [`${RSA}13`, { number: 6, scheme: { type: 'rsa-pkcs1', hash: 'sha512' } }],
  ['1.2.840.10040.4.3', { number: 7 }],
  ['2.16.840.1.101.3.4.3.2', { number: 8 }],
  [`${ECDSA}1`, { number: 9 }],
  [`${ECDSA}3.2`, { number: 10, scheme: { type: 'ecdsa', hash: 'sha256' } }],
  [`${ECDSA}3.3`, { number: 11, scheme: { type: 'ecdsa', hash: 'sha384' } }],
  [`${ECDSA}3.4`, { number: 12, scheme: { type: 'ecdsa', hash: 'sha512' } }],
  ['1.3.101.112', { number: 16, scheme: { type: 'ed25519' } }],
]);
const PSS_HASHES: ReadonlyMap<string, readonly [number: number, hash: HashName]> = new Map([
  ['2.16.840.1.101.3.4.2.1', [13, 'sha256']],
  ['2.16.840.1.101.3.4.2.2', [14, 'sha384']],
  ['2.16.840.1.101.3.4.2.3', [15, 'sha512']],
]);

export function signatureAlgorithmNumber(signed: SignedObject): number {
  return algorithmOf(signed)?.number ?? 0;
}

export function signatureScheme(signed: SignedObject): SignatureScheme | undefined {
  return algorithmOf(signed)?.scheme;
}

function algorithmOf(signed: SignedObject): Algorithm | undefined {
  if (signed.signatureOid !== PSS) return ALGORITHMS.get(signed.signatureOid);
  const found = PSS_HASHES.get(pssHash(signed.signatureParameters) ?? '');
  return found && { number: found[0], scheme: { type: 'rsa-pss', hash: found[1] } };
}

/** RFC 4055 §3.1: the hash is the first parameter. */
function pssHash(parameters: Uint8Array): string | undefined {
  try {
    const hash = DerReader.of(parameters).optional(0xa0);
    return hash === undefined ? undefined : new DerReader(hash.contents).enter().oid();
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
