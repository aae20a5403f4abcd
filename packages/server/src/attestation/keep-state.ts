import type { KeepRunState, KeptRunState, RunStateRevision } from '@waybill/api';
import { authorize, type Principal } from '../identity/index.ts';
import type { AttestationDeps } from './deps.ts';
import { attestationError } from './errors.ts';
import type { RunRow } from './queries.ts';
import { findState, insertState, removeExpiredStates, replaceState } from './queries/states.ts';
import { loadRun } from './read-run.ts';
import { requireOpen } from './require-open.ts';

/** As bytes; base64 on its way. */
export const MAX_STATE_BYTES = 8 * 1024 * 1024;

const PER_ROUND = 500;

/** What a client keeps here of an open run, as it was put. Throws `attestation_state_missing`, `attestation_run_ended`. */
export async function readKeptState(
  deps: AttestationDeps,
  principal: Principal,
  runId: string,
): Promise<KeptRunState> {
  const run = await openRun(deps, principal, runId);
  const row = await deps.db.withOrg(run.orgId, (tx) => findState(tx, run.id));
  if (row === null) {
    throw attestationError(
      'attestation_state_missing',
      `the server keeps no state of the run ${run.id}: it was started without --remote-state, and goes on where its state file is`,
    );
  }
  const { revision, sealed, updatedAt } = row;
  return {
    revision,
    sealed: Buffer.from(sealed).toString('base64'),
    updatedAt: updatedAt.toISOString(),
  };
}

/** Puts the next revision, which must have read the newest one. Throws `attestation_state_conflict`, `…_run_ended`. */
export async function keepState(
  deps: AttestationDeps,
  principal: Principal,
  input: KeepRunState & { readonly runId: string },
): Promise<RunStateRevision> {
  const run = await openRun(deps, principal, input.runId);
  const sealed = sealedOf(input.sealed);
  const { after } = input;
  const now = deps.clock();
  const revision = await deps.db.withOrg(run.orgId, (tx) =>
    after === 0
      ? insertState(tx, { runId: run.id, sealed, now })
      : replaceState(tx, { runId: run.id, after, sealed, now }),
  );
  if (revision !== null) return { revision };
  throw attestationError(
    'attestation_state_conflict',
    `the state of the run ${run.id} has been changed since revision ${after}, or the run has ended: read it again and put the change on top`,
  );
}

/** Whoever may not attest may neither read nor write what an attestation is made of. */
async function openRun(deps: AttestationDeps, principal: Principal, runId: string): Promise<RunRow> {
  const run = await loadRun(deps, principal, runId);
  authorize(principal, 'attest', { project: run.project, workflow: run.workflow });
  requireOpen(run);
  return run;
}

function sealedOf(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length <= MAX_STATE_BYTES) return bytes;
  throw attestationError(
    'attestation_state_too_large',
    `the sealed state has ${bytes.length} bytes, the limit is ${MAX_STATE_BYTES}: keep it in a file, without --remote-state`,
  );
}

/** Removes what is kept of runs that nobody will end any more. Returns how many. */
export function expireStates(deps: Pick<AttestationDeps, 'db' | 'clock'>): Promise<number> {
  return deps.db.asSystem((tx) => removeExpiredStates(tx, deps.clock(), PER_ROUND));
}
