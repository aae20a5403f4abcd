/** Keys that tokens are verified with: a certificate, a public key, or JSON Web Keys. */
import { BuiltinError, builtinError } from '../builtin.ts';
import { parseCertificate } from '../crypto/certificate.ts';
import type { HashName, PublicKey, SignatureScheme } from '../crypto/cryptography.ts';
import { DerError } from '../crypto/der.ts';
import { JwkError, type NamedKey, parseJwks, parseSpki } from '../crypto/keys.ts';
import { decodePem } from '../crypto/pem.ts';
import { unmarshal } from '../encoding.ts';
import { saying } from './token.ts';

export type Algorithm = { readonly type: 'hmac'; readonly hash: HashName } | SignatureScheme;

/** RFC 7518 §3.1. */
export const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['HS256', { type: 'hmac', hash: 'sha256' }],
  ['HS384', { type: 'hmac', hash: 'sha384' }],
  ['HS512', { type: 'hmac', hash: 'sha512' }],
  ['RS256', { type: 'rsa-pkcs1', hash: 'sha256' }],
  ['RS384', { type: 'rsa-pkcs1', hash: 'sha384' }],
  ['RS512', { type: 'rsa-pkcs1', hash: 'sha512' }],
  ['PS256', { type: 'rsa-pss', hash: 'sha256' }],
  ['PS384', { type: 'rsa-pss', hash: 'sha384' }],
  ['PS512', { type: 'rsa-pss', hash: 'sha512' }],
  ['ES256', { type: 'ecdsa', hash: 'sha256' }],
  ['ES384', { type: 'ecdsa', hash: 'sha384' }],
  ['ES512', { type: 'ecdsa', hash: 'sha512' }],
  ['EdDSA', { type: 'ed25519' }],
]);

/** A key without an algorithm fits any, one without an id any header. */
export interface VerificationKey {
  readonly alg: string;
  readonly kid: string;
  /** Bytes are a shared secret. */
  readonly key: PublicKey | Uint8Array;
}

export function verificationKeys(text: string): VerificationKey[] {
  const { block, rest } = decodePem(text);
  if (block === undefined) return keysOfJwks(text);
  if (rest !== '') throw builtinError('extra data after a PEM certificate block');
  const key = keyOfPem(block.type, block.bytes);
  return [{ alg: '', kid: '', key }];
}

function keyOfPem(type: string, bytes: Uint8Array): PublicKey {
  if (type === 'CERTIFICATE') {
    const key = refused('failed to parse a PEM certificate', () => parseCertificate(bytes).publicKey);
    if (key !== undefined) return key;
  }
  if (type === 'PUBLIC KEY') return refused('failed to parse a PEM public key', () => parseSpki(bytes));
  throw builtinError('failed to extract a Key from the PEM certificate');
}

function refused<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof DerError) throw builtinError(`${what}: ${error.message}`);
    throw error;
  }
}

function keysOfJwks(text: string): VerificationKey[] {
  const keys = namedKeys(text, 'failed to parse a JWK key (set)');
  return keys
    .filter(({ algorithm }) => algorithm === '' || ALGORITHMS.has(algorithm))
    .map(({ algorithm, id, key }) => ({ alg: algorithm, kid: id, key }));
}

/** Reads the keys of a JSON text. */
export function namedKeys(text: string, what: string): NamedKey[] {
  return saying(what, () => {
    try {
      return parseJwks(unmarshal(text));
    } catch (error) {
      if (error instanceof JwkError) throw new BuiltinError('eval_builtin_error', error.message);
      throw error;
    }
  });
}
