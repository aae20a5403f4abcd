import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { CodedError } from '@waybill/core';

/** Secrets at rest under the master key. `purpose` is bound in: what was sealed for one use opens for no other. */
export interface Seal {
  seal(plain: Uint8Array, purpose: string): Uint8Array;
  /** Throws `seal_broken` for other bytes, another purpose or another master key. */
  open(sealed: Uint8Array, purpose: string): Uint8Array;
}

export const MASTER_KEY_BYTES = 32;
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM with a random nonce: version (1 byte), nonce (12), tag (16), ciphertext. */
export function createSeal(masterKey: Uint8Array): Seal {
  const key = Uint8Array.from(masterKey);
  return {
    seal(plain, purpose) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose, 'utf8'));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, purpose) {
      try {
        return open(key, sealed, purpose);
      } catch (cause) {
        throw new CodedError(
          'seal_broken',
          `a stored secret (${purpose}) does not open: the master key is not the one it was sealed under, or the bytes were changed`,
          { cause },
        );
      }
    },
  };
}

function open(key: Uint8Array, sealed: Uint8Array, purpose: string): Uint8Array {
  if (sealed[0] !== VERSION || sealed.length < 1 + NONCE_BYTES + TAG_BYTES)
    throw new RangeError('not a sealed value');
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(purpose, 'utf8'))
    .setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}
