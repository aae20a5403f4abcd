import { CodedError } from '@waybill/core';
import { writeAudit } from '../ground/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import type { AttestationDeps } from './deps.ts';
import type { RunRow } from './queries.ts';

export type Step = 'parse' | 'run' | 'signer' | 'bind';

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
        return await work();
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
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
