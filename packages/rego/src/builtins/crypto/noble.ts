/** Cryptography of browsers: the noble libraries, and RSA in integers. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { hmac } from '@noble/hashes/hmac.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import {
  bytesOfInteger,
  type Cryptography,
  CryptographyError,
  concatBytes,
  type EcPublicKey,
  FIELD_BYTES,
  type PrivateKey,
  type PublicKey,
  type SignatureScheme,
} from './cryptography.ts';
import { signRsa, verifyRsa } from './rsa.ts';

const HASHES = { md5, sha1, sha256, sha384, sha512 };
const CURVES = { 'P-256': p256, 'P-384': p384, 'P-521': p521 };
const HASH_BYTES = { md5: 16, sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
/** Any of the two solutions for s will do: certificates and tokens are not signed by wallets. */
const ECDSA_OPTIONS = { lowS: false, prehash: false, format: 'compact' } as const;

const digest: Cryptography['digest'] = (hash, data) => HASHES[hash](data);

/**
 * Signing takes a time that depends on the key, as integers of JavaScript do: it is for keys
 * that whoever measures holds already. `salt` gives the random bytes of RSA-PSS.
 */
export function nobleCryptography(salt: (length: number) => Uint8Array): Cryptography {
  return {
    digest,
    hmac: (hash, key, data) => hmac(HASHES[hash], key, data),
    verify: (scheme, key, data, signature) => {
      try {
        return verify(scheme, key, data, signature);
      } catch (error) {
        // noble throws errors of no class of its own for keys and signatures that are none.
        if (error instanceof Error) return false;
        throw error;
      }
    },
    sign: (scheme, key, data) => sign(scheme, key, data, salt),
  };
}

function verify(scheme: SignatureScheme, key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  switch (scheme.type) {
    case 'rsa-pkcs1':
    case 'rsa-pss':
      return (
        key.type === 'rsa' && verifyRsa(scheme.type, key, { digest, hash: scheme.hash, data }, signature)
      );
    case 'ecdsa':
      return (
        key.type === 'ec' &&
        CURVES[key.curve].verify(signature, digest(scheme.hash, data), pointOf(key), ECDSA_OPTIONS)
      );
    case 'ed25519':
      // Go takes only what RFC 8032 allows.
      return key.type === 'ed25519' && ed25519.verify(signature, data, key.bytes, { zip215: false });
  }
}

/** SEC 1 §2.3.3, uncompressed. */
function pointOf({ curve, x, y }: EcPublicKey): Uint8Array {
  const size = FIELD_BYTES[curve];
  return concatBytes([Uint8Array.of(4), bytesOfInteger(x, size), bytesOfInteger(y, size)]);
}

function sign(
  scheme: SignatureScheme,
  key: PrivateKey,
  data: Uint8Array,
  salt: (length: number) => Uint8Array,
): Uint8Array {
  if (scheme.type === 'ecdsa' && key.type === 'ec') {
    const scalar = bytesOfInteger(key.privateScalar, FIELD_BYTES[key.curve]);
    return CURVES[key.curve].sign(digest(scheme.hash, data), scalar, ECDSA_OPTIONS);
  }
  if (scheme.type === 'ed25519' && key.type === 'ed25519') return ed25519.sign(data, key.seed);
  if ((scheme.type === 'rsa-pkcs1' || scheme.type === 'rsa-pss') && key.type === 'rsa') {
    const bytes = scheme.type === 'rsa-pss' ? salt(HASH_BYTES[scheme.hash]) : new Uint8Array();
    return signRsa(scheme.type, key, { digest, hash: scheme.hash, data }, bytes);
  }
  throw new CryptographyError(`the key cannot sign with ${scheme.type}`);
}
