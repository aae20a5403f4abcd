/** Cryptography of Node. */
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  sign,
  verify,
} from 'node:crypto';
import { encodeBase64 } from '../go/base64.ts';
import {
  bytesOfInteger,
  type Cryptography,
  CryptographyError,
  FIELD_BYTES,
  type PrivateKey,
  type PublicKey,
  type SignatureScheme,
} from './cryptography.ts';
import { crtOf } from './rsa.ts';

/** OpenSSL's own limit; what is longer is not even looked at, as to make a key of it takes seconds. */
const MAX_RSA_BITS = 16_384n;

export const NODE_CRYPTOGRAPHY: Cryptography = {
  digest: (hash, data) => createHash(hash).update(data).digest(),
  hmac: (hash, key, data) => createHmac(hash, key).update(data).digest(),
  verify: verifies,
  sign: (scheme, key, data) => {
    const signature = fits(scheme, key) ? signed(scheme, key, data) : undefined;
    // With a broken key OpenSSL, which blinds by random numbers, signs something else each time.
    if (signature === undefined || (key.type === 'rsa' && !verifies(scheme, key, data, signature))) {
      throw new CryptographyError(`the key cannot sign with ${scheme.type}`);
    }
    return signature;
  },
};

function verifies(scheme: SignatureScheme, key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  const object = fits(scheme, key)
    ? orUndefined(() => createPublicKey({ key: jwkOf(key), format: 'jwk' }))
    : undefined;
  if (object === undefined) return false;
  // OpenSSL takes a PSS signature without its leading zeros; RFC 8017 does not.
  if (key.type === 'rsa' && signature.length !== bytesOfInteger(key.modulus).length) return false;
  return verify(hashOf(scheme), data, { key: object, ...OPTIONS[scheme.type] }, signature);
}

function signed(scheme: SignatureScheme, key: PrivateKey, data: Uint8Array): Uint8Array | undefined {
  return orUndefined(() => {
    const object = createPrivateKey({ key: privateJwkOf(key), format: 'jwk' });
    return sign(hashOf(scheme), data, { key: object, ...OPTIONS[scheme.type], ...saltOf(scheme) });
  });
}

const OPTIONS = {
  'rsa-pkcs1': { padding: constants.RSA_PKCS1_PADDING },
  'rsa-pss': { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO },
  ecdsa: { dsaEncoding: 'ieee-p1363' },
  ed25519: {},
} as const;

/** RFC 7518 §3.5: the salt of a signature is as long as the hash. */
function saltOf(scheme: SignatureScheme): { saltLength?: number } {
  return scheme.type === 'rsa-pss' ? { saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : {};
}

function hashOf(scheme: SignatureScheme): string | null {
  return scheme.type === 'ed25519' ? null : scheme.hash;
}

function fits(scheme: SignatureScheme, key: PublicKey | PrivateKey): boolean {
  if (key.type === 'rsa') {
    const numbers = [key.modulus, key.exponent, 'privateExponent' in key ? key.privateExponent : 0n];
    if (numbers.some((number) => number >> MAX_RSA_BITS !== 0n)) return false;
    return scheme.type === 'rsa-pkcs1' || scheme.type === 'rsa-pss';
  }
  return key.type === 'ec' ? scheme.type === 'ecdsa' : scheme.type === 'ed25519';
}

/** OpenSSL refuses keys that are none, each in words of its own. */
function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function jwkOf(key: PublicKey): JsonWebKey {
  switch (key.type) {
    case 'rsa':
      return { kty: 'RSA', n: text(key.modulus), e: text(key.exponent) };
    case 'ec': {
      const size = FIELD_BYTES[key.curve];
      return { kty: 'EC', crv: key.curve, x: text(key.x, size), y: text(key.y, size) };
    }
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: encodeBase64(key.bytes, 'url', false) };
  }
}

function privateJwkOf(key: PrivateKey): JsonWebKey {
  switch (key.type) {
    case 'rsa': {
      const { p, q, dp, dq, qi } = crtOf(key);
      return {
        ...jwkOf(key),
        d: text(key.privateExponent),
        p: text(p),
        q: text(q),
        dp: text(dp),
        dq: text(dq),
        qi: text(qi),
      };
    }
    case 'ec':
      return { ...jwkOf(key), d: text(key.privateScalar, FIELD_BYTES[key.curve]) };
    case 'ed25519':
      return { ...jwkOf(key), d: encodeBase64(key.seed, 'url', false) };
  }
}

function text(value: bigint, length?: number): string {
  return encodeBase64(bytesOfInteger(value, length), 'url', false);
}
