import type { StartedRun, StartRun } from '@waybill/api';
import { resolveForRun, useVersion } from '../contract/index.ts';
import { writeAudit } from '../ground/index.ts';
import { actorOf, authorize, findPipelineClaims, type Principal } from '../identity/index.ts';
import { runRepository } from './addresses.ts';
import type { AttestationDeps } from './deps.ts';
import { attestationError } from './errors.ts';
import { findRun, insertRun } from './queries.ts';
import { presentRun } from './read-run.ts';

/** Opens a run of a workflow under the contract revision in force, or the one asked for, for its whole life. */
export async function startRun(
  deps: AttestationDeps,
  principal: Principal,
  input: StartRun & { readonly requestId: string },
): Promise<StartedRun> {
  authorize(principal, 'attest', { project: input.project, workflow: input.workflow });
  const startedAt = deps.clock();
  const lifetimeMs = lifetimeOf(deps, input);
  return deps.db.withOrg(principal.orgId, async (tx) => {
    const { contract: owed, isOwed } = await resolveForRun(tx, {
      project: input.project,
      workflow: input.workflow,
      revision: input.contractRevision,
      at: startedAt,
    });
    // Another revision may owe less, and the gate asks for the contract by name.
    if (!isOwed) authorize(principal, 'write-contract');
    const { project } = input;
    const version =
      input.version === undefined
        ? null
        : await useVersion(tx, principal, { project, version: input.version, now: startedAt });
    const id = await insertRun(tx, {
      orgId: principal.orgId,
      project: input.project,
      workflow: input.workflow,
      contract: { name: owed.name, revision: owed.revision, digest: owed.digest },
      version,
      runner: input.runner ?? '',
      startedBy: principal.tokenId,
      startedAt,
      expiresAt: new Date(startedAt.getTime() + lifetimeMs),
      build: await findPipelineClaims(tx, principal),
    });
    await writeAudit(tx, {
      orgId: principal.orgId,
      actor: actorOf(principal),
      action: 'attestation.start-run',
      target: `run:${id}`,
      outcome: 'ok',
      detail: {
        project: input.project,
        workflow: input.workflow,
        contract: owed.name,
        revision: owed.revision,
        ...(version === null ? {} : { version }),
      },
      requestId: input.requestId,
    });
    const run = await findRun(tx, id, startedAt);
    if (run === null) throw new Error(`run ${id} is not visible in the transaction that made it`);
    return {
      ...presentRun(run, principal.orgName),
      contractDocument: owed.contract,
      repository: runRepository(principal.orgName, run),
    };
  });
}

function lifetimeOf({ runLifetimeMs }: AttestationDeps, { expiresInSeconds }: StartRun): number {
  if (expiresInSeconds === undefined) return runLifetimeMs;
  if (expiresInSeconds * 1000 <= runLifetimeMs) return expiresInSeconds * 1000;
  throw attestationError(
    'attestation_lifetime_too_long',
    `expiresInSeconds: this server lets a run wait for at most ${runLifetimeMs / 1000} s, found ${expiresInSeconds}: ask for less, or have its operator raise --run-lifetime`,
  );
}
