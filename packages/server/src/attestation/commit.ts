import type { Receipt } from '@waybill/api';
import type { Digest } from '@waybill/core/digest';
import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import {
  attachEvidence,
  type EvidenceToAttach,
  imageName,
  materialSizes,
  outputImages,
  runManifest,
} from './attach-evidence.ts';
import type { AttestationDeps } from './deps.ts';
import { emitRunJudged } from './events.ts';
import { endRun, findAttestation, insertAttestation, type RunRow } from './queries.ts';
import { runEnded } from './require-open.ts';

/** A receipt that lacks only what the commit itself makes. */
export type ReceiptToCommit = Omit<Receipt, 'manifestDigest' | 'attachedTo'>;

/**
 * The one commit point of `accept()`: run, attestation, verdicts, referrers, event and audit row become true together.
 * What came before it (log entries, blobs) is harmless without the rows, and is found again by digest.
 * When another push of the same payload was faster, its receipt is the answer. Pushes that end at the same moment share
 * the transaction: it costs one write to the disk.
 */
export async function commitReceipt(
  deps: Pick<AttestationDeps, 'commits' | 'metrics'>,
  run: RunRow,
  input: CommitInput,
): Promise<Receipt> {
  const { receipt, first } = await deps.commits.withOrg(run.orgId, (tx) => commitIn(tx, run, input));
  if (first) deps.metrics.judged.add({ result: receipt.result });
  return receipt;
}

export interface CommitInput {
  readonly principal: Principal;
  readonly requestId: string;
  readonly receipt: ReceiptToCommit;
  readonly evidence: EvidenceToAttach;
}

async function commitIn(
  tx: Tx,
  run: RunRow,
  { principal, requestId, receipt, evidence }: CommitInput,
): Promise<{ readonly receipt: Receipt; readonly first: boolean }> {
  const [ended, sizes, images] = await Promise.all([
    endRun(tx, run.id, { state: receipt.result, at: new Date(receipt.verifiedAt) }),
    materialSizes(tx, evidence),
    outputImages(tx, evidence),
  ]);
  if (!ended) return { receipt: await receiptOfFaster(tx, run, receipt), first: false };
  const manifest = runManifest(evidence, sizes);
  const [stored] = await Promise.all([
    // Read back rather than passed on: the first answer and that of a retry are the same row.
    insertAttestation(tx, run, {
      ...receipt,
      manifestDigest: manifest.descriptor.digest,
      attachedTo: images.map((image) => imageName(evidence, image)),
    }),
    attachEvidence(tx, evidence, { manifest, images }),
    emitRunJudged(tx, run.orgId, {
      runId: run.id,
      result: receipt.result,
      bundleDigest: receipt.attestation.bundleDigest as Digest,
      vsaBundleDigest: receipt.vsa.bundleDigest as Digest,
    }),
    writeAudit(tx, {
      orgId: run.orgId,
      actor: actorOf(principal),
      action: 'attestation.accept',
      target: `run:${run.id}`,
      outcome: receipt.result === 'PASSED' ? 'ok' : 'failed',
      detail: { bundleDigest: receipt.attestation.bundleDigest, vsaBundleDigest: receipt.vsa.bundleDigest },
      requestId,
    }),
  ]);
  return { receipt: stored, first: true };
}

async function receiptOfFaster(tx: Tx, run: RunRow, receipt: ReceiptToCommit): Promise<Receipt> {
  const stored = await findAttestation(tx, run.id);
  if (stored?.payloadDigest === receipt.attestation.payloadDigest) return stored.receipt;
  throw runEnded({ ...run, state: stored?.receipt.result ?? 'CANCELLED' });
}
