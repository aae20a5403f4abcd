/** Cryptography of Node. */
import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
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

export const NODE_CRYPTOGRAPHY: Cryptography = {
  digest: (hash, data) => createHash(hash).update(data).digest(),
  hmac: (hash, key, data) => createHmac(hash, key).update(data).digest(),
  verify: (scheme, key, data, signature) => {
    const object = fits(scheme, key)
      ? imported(() => createPublicKey({ key: jwkOf(key), format: 'jwk' }))
      : undefined;
    if (object === undefined) return false;
    // OpenSSL takes a PSS signature without its leading zeros; RFC 8017 does not.
    if (key.type === 'rsa' && signature.length !== bytesOfInteger(key.modulus).length) return false;
    return verify(hashOf(scheme), data, { key: object, ...OPTIONS[scheme.type] }, signature);
  },
  sign: (scheme, key, data) => {
    const object = fits(scheme, key)
      ? imported(() => createPrivateKey({ key: privateJwkOf(key), format: 'jwk' }))
      : undefined;
    if (object === undefined) throw new CryptographyError(`the key cannot sign with ${scheme.type}`);
    return sign(hashOf(scheme), data, { key: object, ...OPTIONS[scheme.type], ...saltOf(scheme) });
  },
};

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

function fits(scheme: SignatureScheme, key: PublicKey): boolean {
  if (key.type === 'rsa') return scheme.type === 'rsa-pkcs1' || scheme.type === 'rsa-pss';
  return key.type === 'ec' ? scheme.type === 'ecdsa' : scheme.type === 'ed25519';
}

/** OpenSSL refuses keys that are none, each in words of its own. */
function imported(create: () => KeyObject): KeyObject | undefined {
  try {
    return create();
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
