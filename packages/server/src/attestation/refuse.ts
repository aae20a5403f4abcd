import { CodedError, isCoded } from '@waybill/core';
import { writeAudit } from '../ground/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import type { AttestationDeps } from './deps.ts';
import type { RunRow } from './queries.ts';
import { isRunId } from './read-run.ts';
import { traced } from './traced.ts';

export const REFUSING_STEPS = ['authorize', 'parse', 'run', 'signer', 'bind'] as const;
export type Step = (typeof REFUSING_STEPS)[number];

export interface Refusals {
  /** Runs a step; what it throws gets the step's name, and leaves an audit row and nothing else. */
  during<T>(step: Step, work: () => T | Promise<T>): Promise<T>;
}

export function auditRefusal(
  deps: AttestationDeps,
  run: RunRow,
  input: { readonly principal: Principal; readonly requestId: string },
): Refusals {
  return {
    async during(step, work) {
      try {
        return await traced(deps, step, work);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        deps.metrics.refused.add({ step });
        await deps.db.withOrg(run.orgId, (tx) =>
          writeAudit(tx, {
            orgId: run.orgId,
            actor: actorOf(input.principal),
            action: 'attestation.accept',
            target: `run:${run.id}`,
            outcome: 'refused',
            detail: { step, code: error.code },
            requestId: input.requestId,
          }),
        );
        throw new CodedError(error.code, `refused at the step "${step}": ${error.message}`, {
          cause: error,
          detail: { ...error.detail, step },
        });
      }
    },
  };
}

/** Rows that strangers can cause in a minute: they must not be able to fill the database. The rest is in the log. */
const STRANGER_ROWS_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

export type AuditStranger = ReturnType<typeof strangersOf>;

/** For a push that comes without a valid token: it leaves an audit row that belongs to no organisation. */
export function strangersOf(deps: Pick<AttestationDeps, 'db' | 'clock'>) {
  const window = { startedAtMs: 0, rows: 0 };
  const mayWrite = (): boolean => {
    const nowMs = deps.clock().getTime();
    if (Math.abs(nowMs - window.startedAtMs) >= MINUTE_MS)
      Object.assign(window, { startedAtMs: nowMs, rows: 0 });
    return ++window.rows <= STRANGER_ROWS_PER_MINUTE;
  };
  return async (
    /** `runId` is null where it is a push for several. */
    push: { readonly runId: string | null; readonly requestId: string },
    authenticated: () => Promise<unknown>,
  ): Promise<void> => {
    try {
      await authenticated();
    } catch (error) {
      if (isCoded(error, 'identity_unauthenticated') && mayWrite()) {
        await deps.db.asSystem((tx) =>
          writeAudit(tx, {
            orgId: null,
            actor: 'anonymous',
            action: 'attestation.accept',
            target: targetOf(push.runId),
            outcome: 'refused',
            detail: { step: 'authenticate', code: error.code },
            requestId: push.requestId,
          }),
        );
      }
      throw error;
    }
  };
}

/** What a stranger says is no name until it is an id. */
function targetOf(runId: string | null): string {
  if (runId === null) return 'run:several';
  return isRunId(runId) ? `run:${runId}` : 'run:invalid';
}
