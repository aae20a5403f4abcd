import type { LogPosition } from '@waybill/api';
import type { Bundle, TlogEntry } from '@waybill/core/bundle';
import { toBase64 } from '@waybill/core/bytes';
import type { HashedRekord } from '@waybill/core/tlog';
import { certificateFacts, type EntryFacts, type LogEntryReceipt, type Tlog } from '../tlog/index.ts';
import type { ServerSigned } from '../trust/index.ts';
import { rekordOf } from './rekord-of.ts';

/** A bundle that carries its log entry, and where that stands. */
export interface LoggedBundle {
  readonly bundle: Bundle;
  readonly position: LogPosition;
}

/**
 * Step `log`: the signature in our transparency log, its inclusion proof in the bundle. The same signature has one
 * entry, so a retry finds the first.
 */
export async function logBundle(
  tlog: Tlog,
  signed: { readonly bundle: Bundle; readonly rekord: HashedRekord; readonly facts: EntryFacts },
): Promise<LoggedBundle> {
  const { bundle, rekord, facts } = signed;
  const receipt = await tlog.appendHashedRekord(rekord, facts);
  return { bundle: { ...bundle, tlogEntries: [entryOf(receipt)] }, position: positionOf(receipt) };
}

/** The same for what this server has signed itself; `facts` name what it is about. */
export async function logServerSigned(
  tlog: Tlog,
  { bundle, certificate }: ServerSigned,
  facts: EntryFacts,
): Promise<LoggedBundle> {
  const rekord = rekordOf(bundle, { type: 'certificate', certificate });
  return logBundle(tlog, { bundle, rekord, facts: { ...certificateFacts(certificate), ...facts } });
}

function entryOf(receipt: LogEntryReceipt): TlogEntry {
  return {
    logIndex: receipt.logIndex,
    logId: receipt.keyId,
    kind: 'hashedrekord',
    version: '0.0.2',
    integratedTime: null,
    inclusionPromise: null,
    inclusionProof: {
      logIndex: receipt.inclusionProof.logIndex,
      treeSize: receipt.inclusionProof.treeSize,
      rootHash: receipt.inclusionProof.rootHash,
      hashes: receipt.inclusionProof.hashes,
      checkpoint: receipt.inclusionProof.checkpoint,
    },
    canonicalizedBody: receipt.canonicalizedBody,
  };
}

function positionOf(receipt: LogEntryReceipt): LogPosition {
  const { inclusionProof: proof } = receipt;
  return {
    origin: receipt.origin,
    logIndex: receipt.logIndex,
    treeSize: proof.treeSize,
    rootHash: toBase64(proof.rootHash),
    hashes: proof.hashes.map((item) => toBase64(item)),
    checkpoint: proof.checkpoint,
  };
}
