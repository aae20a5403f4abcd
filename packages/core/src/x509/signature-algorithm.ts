/** Algorithm identifiers, write side (RFC 5758, RFC 4055, RFC 8410). */
import { type HashName, hashFor, type KeyObject } from '../crypto.ts';
import { CodedError } from '../errors.ts';
import { derNull, derOid, derSequence } from './der-writer.ts';
import { HASH_OIDS, SIGNATURE_OIDS } from './oids.ts';

/** The AlgorithmIdentifier of the signatures that `signWith(key, …)` makes. Throws `crypto_public_key`. */
export function signatureAlgorithmOf(key: KeyObject): Uint8Array {
  const hash = hashFor(key);
  for (const [oid, scheme] of Object.entries(SIGNATURE_OIDS)) {
    if (scheme.keyType !== key.asymmetricKeyType || scheme.hash !== hash) continue;
    // RFC 4055 §5: RSA carries NULL parameters; the others carry none.
    return scheme.keyType === 'rsa' ? derSequence(derOid(oid), derNull()) : derSequence(derOid(oid));
  }
  throw new CodedError('crypto_public_key', `keys of type ${key.asymmetricKeyType} cannot sign here`);
}

/** The AlgorithmIdentifier of a hash, without parameters (RFC 5754 §2). */
export function hashAlgorithmOf(name: HashName): Uint8Array {
  for (const [oid, hash] of Object.entries(HASH_OIDS)) {
    if (hash === name) return derSequence(derOid(oid));
  }
  throw new CodedError('crypto_hash', `the hash ${name} has no object identifier here`);
}
