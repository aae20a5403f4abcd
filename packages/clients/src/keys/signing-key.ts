import { createPublicKey } from 'node:crypto';
import { hashFor, type KeyObject, signWith, spkiOf } from '@waybill/core/crypto';
import { type Digest, digestOf } from '@waybill/core/digest';
import { keyError } from './errors.ts';

export interface SigningKey {
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
  /** SHA-256 of the SubjectPublicKeyInfo in DER. */
  readonly fingerprint: Digest;
  /** Signs with the hash that goes with the key; ECDSA in DER form. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Throws `key_unsupported` for a key that the verifier would not take. */
export function signingKeyOf(privateKey: KeyObject, name: string): SigningKey {
  checkAlgorithm(privateKey, name);
  const publicKey = publicPartOf(privateKey, name);
  return Object.freeze({
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    fingerprint: digestOf(spkiOf(publicKey)),
    sign: async (bytes: Uint8Array) => signWith(privateKey, bytes),
  });
}

/** A damaged key can be read and yet not be written: OpenSSL looks at its numbers only then. */
function publicPartOf(privateKey: KeyObject, name: string): KeyObject {
  try {
    return createPublicKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
  } catch (cause) {
    throw keyError('key_unsupported', `${name}: damaged, its numbers are no key of its curve`, { cause });
  }
}

function checkAlgorithm(key: KeyObject, name: string): void {
  try {
    hashFor(key);
  } catch (cause) {
    throw keyError('key_unsupported', `${name}: ${(cause as Error).message}`, { cause });
  }
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && (bits < 2048 || bits > 4096)) {
    throw keyError('key_unsupported', `${name}: RSA with ${bits} bits; use 2048 to 4096`);
  }
}
