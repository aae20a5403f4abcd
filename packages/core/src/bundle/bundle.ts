import type { Digest } from '../digest/index.ts';
import type { Envelope } from '../dsse/index.ts';

/** A Sigstore bundle (sigstore/protobuf-specs sigstore_bundle.proto). Parsed is not verified. */
export interface Bundle {
  readonly version: BundleVersion;
  readonly content: BundleContent;
  readonly verificationMaterial: VerificationMaterial;
  readonly tlogEntries: readonly TlogEntry[];
  /** DER of RFC 3161 responses over the signature. */
  readonly timestamps: readonly Uint8Array[];
}

export type BundleVersion = '0.1' | '0.2' | '0.3';

export type BundleContent =
  | { readonly type: 'dsse'; readonly envelope: Envelope }
  | {
      readonly type: 'message-signature';
      /** What the writer says was signed: a hint, null when absent. */
      readonly digest: Digest | null;
      readonly signature: Uint8Array;
    };

export type VerificationMaterial =
  | { readonly type: 'certificate'; readonly der: Uint8Array }
  /** Versions 0.1 and 0.2: the signer's certificate first, then intermediates, no root. */
  | { readonly type: 'chain'; readonly certificates: readonly [Uint8Array, ...Uint8Array[]] }
  /** The verifier must know the key; `hint` helps to find it, '' when absent. */
  | { readonly type: 'public-key'; readonly hint: string };

export interface TlogEntry {
  /** In the whole log; differs from the proof's index in sharded Rekor v1 logs. */
  readonly logIndex: number;
  readonly logId: Uint8Array;
  readonly kind: string;
  /** Version of the kind: `0.0.2`. */
  readonly version: string;
  /** Seconds since 1970; null for logs that state no time (Rekor v2). Trusted only under a valid promise. */
  readonly integratedTime: number | null;
  /** Signed entry timestamp of Rekor v1; null when absent. */
  readonly inclusionPromise: Uint8Array | null;
  /** null only in version 0.1. */
  readonly inclusionProof: InclusionProof | null;
  readonly canonicalizedBody: Uint8Array;
}

export interface InclusionProof {
  readonly logIndex: number;
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
  readonly hashes: readonly Uint8Array[];
  /** Signed note. */
  readonly checkpoint: string;
}
