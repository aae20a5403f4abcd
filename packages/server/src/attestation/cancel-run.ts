import type { RunSummary } from '@waybill/api';
import { writeAudit } from '../ground/index.ts';
import { actorOf, authorize, type Principal } from '../identity/index.ts';
import type { AttestationDeps } from './deps.ts';
import { endRun } from './queries.ts';
import { loadRun, presentRun } from './read-run.ts';
import { requireOpen, runEnded } from './require-open.ts';

/** Gives a run up. One that is CANCELLED already stays so, without an error; any other end is one. */
export async function cancelRun(
  deps: AttestationDeps,
  principal: Principal,
  input: { readonly runId: string; readonly reason: string; readonly requestId: string },
): Promise<RunSummary> {
  const run = await loadRun(deps, principal, input.runId);
  authorize(principal, 'attest', { project: run.project, workflow: run.workflow });
  if (run.state === 'CANCELLED') return presentRun(run, principal.orgName);
  requireOpen(run);
  const finishedAt = deps.clock();
  await deps.db.withOrg(principal.orgId, async (tx) => {
    const ended = await endRun(tx, run.id, { state: 'CANCELLED', at: finishedAt });
    if (!ended) throw runEnded({ ...run, state: 'CANCELLED' });
    await writeAudit(tx, {
      orgId: principal.orgId,
      actor: actorOf(principal),
      action: 'attestation.cancel-run',
      target: `run:${run.id}`,
      outcome: 'ok',
      detail: { reason: input.reason },
      requestId: input.requestId,
    });
  });
  return presentRun({ ...run, state: 'CANCELLED', finishedAt }, principal.orgName);
}
