/**
 * The only door of core to cryptography (node:crypto here; replaceable for the browser).
 * Pure: nothing random, no clock.
 */
import {
  constants,
  createECDH,
  createHash,
  createPublicKey,
  type KeyObject,
  sign as nodeSign,
  timingSafeEqual as nodeTimingSafeEqual,
  verify as nodeVerify,
  publicDecrypt,
} from 'node:crypto';
import { CodedError } from './errors.ts';

export type HashName = 'sha256' | 'sha384' | 'sha512';
export type { KeyObject } from 'node:crypto';

/** One-shot hash of `parts`, concatenated. */
export function hash(name: HashName, ...parts: readonly Uint8Array[]): Uint8Array {
  const h = createHash(name);
  for (const part of parts) h.update(part);
  return h.digest();
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return hash('sha256', ...parts);
}

/** Public key from a SubjectPublicKeyInfo in DER or PEM. Throws `crypto_public_key`. */
export function publicKeyFrom(spki: Uint8Array | string): KeyObject {
  try {
    if (typeof spki === 'string') return writable(createPublicKey(spki));
    const der = Buffer.from(spki);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (!isPlainPoint(der)) return writable(key);
    knownSpkis.set(key, der);
    return key;
  } catch (cause) {
    throw new CodedError(
      'crypto_public_key',
      'not a public key: expected a SubjectPublicKeyInfo in PEM or DER',
      {
        cause,
      },
    );
  }
}

/** OpenSSL reads the point at infinity as a key, and throws when it is to write one. */
function writable(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType === 'ec') spkiOf(key);
  return key;
}

/** All of a SubjectPublicKeyInfo of P-256, P-384 and P-521 up to x ‖ y, with its whole length (RFC 5480 §2). */
const PLAIN_POINTS: readonly (readonly [sizeBytes: number, head: Buffer])[] = [
  [91, Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex')],
  [120, Buffer.from('3076301006072a8648ce3d020106052b8104002203620004', 'hex')],
  [158, Buffer.from('30819b301006072a8648ce3d020106052b810400230381860004', 'hex')],
];

/** A point in the form in which it would be written: what was read needs no writing. */
function isPlainPoint(der: Buffer): boolean {
  return PLAIN_POINTS.some(
    ([sizeBytes, head]) => der.length === sizeBytes && der.subarray(0, head.length).equals(head),
  );
}

// A pure function's memory: a key never changes, and to write it costs more than to sign with it.
const knownSpkis = new WeakMap<KeyObject, Uint8Array>();

/** SubjectPublicKeyInfo in DER. What it returns MUST NOT be written to. */
export function spkiOf(key: KeyObject): Uint8Array {
  const known = knownSpkis.get(key);
  if (known !== undefined) return known;
  const spki = key.export({ format: 'der', type: 'spki' });
  knownSpkis.set(key, spki);
  return spki;
}

/** The hash that goes with a key: by curve for ECDSA, SHA-256 for RSA, none for Ed25519 and ML-DSA. */
export function hashFor(key: KeyObject): HashName | null {
  switch (key.asymmetricKeyType) {
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve;
      if (curve === 'prime256v1') return 'sha256';
      if (curve === 'secp384r1') return 'sha384';
      if (curve === 'secp521r1') return 'sha512';
      throw new CodedError('crypto_public_key', `curve ${curve} is not supported: use P-256, P-384 or P-521`);
    }
    case 'rsa':
      return 'sha256';
    case 'ed25519':
    case 'ml-dsa-44':
    case 'ml-dsa-65':
    case 'ml-dsa-87':
      return null;
    default:
      throw new CodedError(
        'crypto_public_key',
        `keys of type ${key.asymmetricKeyType} are not supported: use ECDSA, RSA or Ed25519`,
      );
  }
}

/** Verifies `signature` over `data`; false for a wrong or malformed signature, never a raw exception. */
export function verifySignature(
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
  hashName: HashName | null = hashFor(key),
): boolean {
  try {
    return nodeVerify(hashName, data, key, signature);
  } catch {
    // OpenSSL throws on some malformed signatures instead of answering false.
    return false;
  }
}

/** As `verifySignature`, for an ECDSA signature as r ‖ s (IEEE P1363); false for every other key. */
export function verifyRawEcdsa(key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean {
  if (key.asymmetricKeyType !== 'ec') return false;
  try {
    return nodeVerify(hashFor(key), data, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}

/** Signs `data` with the hash that goes with the key (ECDSA in DER form). */
export function signWith(
  privateKey: KeyObject,
  data: Uint8Array,
  hashName: HashName | null = hashFor(privateKey),
): Uint8Array {
  return nodeSign(hashName, data, privateKey);
}

/** Constant-time comparison; false for different lengths. */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && nodeTimingSafeEqual(a, b);
}

/** As `verifySignature`, for a key in DER that is known to be one: `publicKeyFrom` costs more than the check. */
export function verifyWithSpki(
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
  hashName: HashName,
): boolean {
  try {
    // Faster than to hand the DER to `verify` itself.
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return nodeVerify(hashName, data, key, signature);
  } catch {
    return false;
  }
}

/** x ‖ y of an EC public key, each as long as the field. */
export function publicPoint(key: KeyObject): Uint8Array {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
}

/** x ‖ y of `scalar`·G on an OpenSSL curve. The scalar is as long as the field and between 1 and the order. */
export function basePointTimes(curve: string, scalar: Uint8Array): Uint8Array {
  const ecdh = createECDH(curve);
  ecdh.setPrivateKey(scalar);
  return ecdh.getPublicKey().subarray(1);
}

/** The DigestInfo inside an RSA PKCS #1 v1.5 signature; null when the padding is wrong. */
export function recoverPkcs1(key: KeyObject, signature: Uint8Array): Uint8Array | null {
  try {
    return publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    return null;
  }
}
