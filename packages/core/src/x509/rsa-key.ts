import { type KeyObject, publicKeyFrom } from '../crypto.ts';
import { derBitString, derNull, derOid, derSequence } from './der-writer.ts';

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';

/** Public key from a PKCS #1 RSAPublicKey (RFC 8017 §A.1.1), as old CT logs publish it. Throws `crypto_public_key`. */
export function publicKeyFromPkcs1(der: Uint8Array): KeyObject {
  return publicKeyFrom(derSequence(derSequence(derOid(RSA_ENCRYPTION), derNull()), derBitString(der)));
}
