/** Certificate transparency, write side: RFC 6962 §3.2 to §3.4 for precertificate entries, version 1. */
import { concat } from '../bytes/index.ts';
import { type KeyObject, sha256, signWith, spkiOf } from '../crypto.ts';
import { CodedError } from '../errors.ts';
import { derOctetString } from './der-writer.ts';

export interface CtEntry {
  readonly timestampMs: number;
  /** Public key of the certificate authority that issues the certificate. */
  readonly issuerPublicKey: KeyObject;
  /** The TBSCertificate without the SCT list. */
  readonly tbs: Uint8Array;
}

/**
 * MerkleTreeLeaf of the entry. The struct that an SCT signs has the same bytes: both begin with version 0
 * and a type 0 (`timestamped_entry` there, `certificate_timestamp` here) and go on alike.
 */
export function ctMerkleTreeLeaf(entry: CtEntry): Uint8Array {
  if (!Number.isSafeInteger(entry.timestampMs) || entry.timestampMs < 0) {
    throw new CodedError('x509_build_invalid', `expected a time in ms, found ${entry.timestampMs}`);
  }
  const PRECERT_ENTRY = 1;
  return concat(
    Uint8Array.of(0, 0),
    unsigned(entry.timestampMs, 8),
    unsigned(PRECERT_ENTRY, 2),
    sha256(spkiOf(entry.issuerPublicKey)),
    opaque(entry.tbs, 3),
    // No extensions: some verifiers refuse any.
    opaque(new Uint8Array(), 2),
  );
}

/** One SignedCertificateTimestamp by the log's ECDSA P-256 key; `logId` is SHA-256 of its public key. */
export function signSct(
  log: { readonly privateKey: KeyObject; readonly logId: Uint8Array },
  leaf: Uint8Array,
) {
  const timestamp = leaf.subarray(2, 10);
  const SHA256_WITH_ECDSA = Uint8Array.of(4, 3);
  if (log.privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new CodedError('x509_build_invalid', 'an SCT is signed by an ECDSA P-256 key');
  }
  return concat(
    Uint8Array.of(0),
    log.logId,
    timestamp,
    opaque(new Uint8Array(), 2),
    SHA256_WITH_ECDSA,
    opaque(signWith(log.privateKey, leaf), 2),
  );
}

/** Value of the certificate extension 1.3.6.1.4.1.11129.2.4.2. */
export function sctListExtension(scts: readonly Uint8Array[]): Uint8Array {
  return derOctetString(opaque(concat(...scts.map((sct) => opaque(sct, 2))), 2));
}

/** TLS `opaque<0..2^n-1>`: a length of `lengthBytes` octets before the bytes. */
export function opaque(bytes: Uint8Array, lengthBytes: number): Uint8Array {
  if (bytes.length >= 256 ** lengthBytes) {
    throw new CodedError('x509_build_invalid', `${bytes.length} bytes are too many for this certificate`);
  }
  return concat(unsigned(bytes.length, lengthBytes), bytes);
}

function unsigned(value: number, sizeBytes: number): Uint8Array {
  const octets = new Uint8Array(sizeBytes);
  for (let at = sizeBytes - 1, rest = value; at >= 0; at--, rest = Math.floor(rest / 256))
    octets[at] = rest % 256;
  return octets;
}
