import { type Json, toBase64 } from '../bytes/index.ts';

export interface EntryInclusion {
  readonly logIndex: number;
  readonly treeSize: number;
  readonly rootHash: Uint8Array;
  readonly hashes: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

/** protobuf-specs `TransparencyLogEntry`. */
export interface TransparencyLogEntry {
  readonly logIndex: number;
  readonly keyId: Uint8Array;
  readonly kind: string;
  readonly version: string;
  /** Seconds since 1970; 0 in Rekor v2, whose entries carry no time of their own. */
  readonly integratedTimeS: number;
  readonly inclusionProof: EntryInclusion;
  readonly canonicalizedBody: Uint8Array;
}

/** protojson as Rekor v2 answers it: 64-bit integers as strings, fields that are not set written out. */
export function formatTransparencyLogEntry(entry: TransparencyLogEntry): { readonly [key: string]: Json } {
  const { inclusionProof: proof } = entry;
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: toBase64(entry.keyId) },
    kindVersion: { kind: entry.kind, version: entry.version },
    integratedTime: String(entry.integratedTimeS),
    inclusionPromise: null,
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: toBase64(proof.rootHash),
      treeSize: String(proof.treeSize),
      hashes: proof.hashes.map(toBase64),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: toBase64(entry.canonicalizedBody),
  };
}
