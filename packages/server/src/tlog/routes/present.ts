import { toBase64, toHex } from '@waybill/core/bytes';
import { formatTransparencyLogEntry, HASHED_REKORD_KIND } from '@waybill/core/tlog';
import type { FoundEntry, ProofAnswer, PublishedLog } from '../published.ts';
import type { LogEntryReceipt } from '../receipt.ts';

/** Rekor v2 entries carry no time: what a verifier trusts is the timestamp of an authority. */
export function presentEntry(receipt: LogEntryReceipt) {
  return formatTransparencyLogEntry({ ...receipt, ...HASHED_REKORD_KIND, integratedTimeS: 0 });
}

export function presentFound(entry: FoundEntry) {
  return {
    logIndex: entry.logIndex,
    leafHash: toHex(entry.leafHash),
    integratedAt: new Date(entry.integratedTime * 1000).toISOString(),
    ...entry.facts,
  };
}

export function presentProof({ rootHash, hashes, head }: ProofAnswer) {
  return {
    rootHash: toBase64(rootHash),
    hashes: hashes.map((hash) => toBase64(hash)),
    checkpoint: head.checkpoint,
  };
}

export function presentLog({ origin, kind, startedAt, frozenAt }: PublishedLog) {
  return {
    origin,
    kind,
    startedAt: startedAt.toISOString(),
    frozenAt: frozenAt?.toISOString() ?? null,
    path: `/log/${origin}/`,
  };
}
