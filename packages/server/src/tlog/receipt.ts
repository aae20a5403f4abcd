/** What crosses the door of this room. */
import type { EntryInclusion } from '@waybill/core/tlog';

/** `rekor`: the transparency log of signatures. `ct`: the log of certificates (its entries are MerkleTreeLeaf). */
export type LogKind = 'rekor' | 'ct';

/** By what an entry is found again. Public, as the log is. */
export interface EntryFacts {
  /** `sha256:<hex>` of what was signed; for an attestation, of its subject. */
  readonly artifactDigest?: string;
  /** The subject alternative name of the signing certificate, or the name of a key. */
  readonly signer?: string;
  /** Issuer of the identity token, as the certificate names it. */
  readonly issuer?: string;
  /** `sha256:<hex>` of the certificate, or of the SubjectPublicKeyInfo. */
  readonly certificateFingerprint?: string;
}

export interface LogEntryReceipt {
  readonly logIndex: number;
  /** Seconds since 1970 by the server's clock; not covered by any signature. */
  readonly integratedTime: number;
  readonly origin: string;
  /** C2SP key id, 32 bytes. */
  readonly keyId: Uint8Array;
  /** Against a checkpoint that is published. */
  readonly inclusionProof: EntryInclusion;
  readonly canonicalizedBody: Uint8Array;
  /** The entry was in the log before; this is its first and only place. */
  readonly duplicate: boolean;
}
