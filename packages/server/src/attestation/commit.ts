import type { Receipt } from '@waybill/api';
import type { Digest } from '@waybill/core/digest';
import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import type { AttestationDeps } from './deps.ts';
import { emitRunJudged } from './events.ts';
import { endRun, findAttestation, insertAttestation, type RunRow } from './queries.ts';
import { runEnded } from './require-open.ts';

/**
 * The one commit point of `accept()`: run, attestation, verdicts, event and audit row become true together.
 * What came before it (log entries, blobs, referrers) is harmless without the row, and is found again by digest.
 * When another push of the same payload was faster, its receipt is the answer.
 */
export async function commitReceipt(
  deps: AttestationDeps,
  run: RunRow,
  input: { readonly principal: Principal; readonly requestId: string; readonly receipt: Receipt },
): Promise<Receipt> {
  const { receipt, fresh } = await store(deps, run, input);
  if (fresh) deps.metrics.judged.add({ result: receipt.result });
  return receipt;
}

function store(
  deps: AttestationDeps,
  run: RunRow,
  input: { readonly principal: Principal; readonly requestId: string; readonly receipt: Receipt },
): Promise<{ readonly receipt: Receipt; readonly fresh: boolean }> {
  const { principal, receipt, requestId } = input;
  return deps.db.withOrg(run.orgId, async (tx) => {
    const ended = await endRun(tx, run.id, { state: receipt.result, at: new Date(receipt.verifiedAt) });
    if (!ended) {
      const stored = await findAttestation(tx, run.id);
      if (stored?.payloadDigest === receipt.attestation.payloadDigest)
        return { receipt: stored.receipt, fresh: false };
      throw runEnded({ ...run, state: stored?.receipt.result ?? 'CANCELLED' });
    }
    await insertAttestation(tx, run, receipt);
    await emitRunJudged(tx, run.orgId, {
      runId: run.id,
      result: receipt.result,
      bundleDigest: receipt.attestation.bundleDigest as Digest,
      vsaBundleDigest: receipt.vsa.bundleDigest as Digest,
    });
    await writeAudit(tx, {
      orgId: run.orgId,
      actor: actorOf(principal),
      action: 'attestation.accept',
      target: `run:${run.id}`,
      outcome: receipt.result === 'PASSED' ? 'ok' : 'failed',
      detail: { bundleDigest: receipt.attestation.bundleDigest, vsaBundleDigest: receipt.vsa.bundleDigest },
      requestId,
    });
    return { receipt: await storedReceipt(tx, run.id), fresh: true };
  });
}

/** Read back rather than passed on: the first answer and that of a retry are the same row. */
async function storedReceipt(tx: Tx, runId: string): Promise<Receipt> {
  const stored = await findAttestation(tx, runId);
  if (stored === null) throw new Error(`the attestation of run ${runId} vanished inside its own transaction`);
  return stored.receipt;
}
