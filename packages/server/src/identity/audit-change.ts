import { isCoded } from '@waybill/core';
import type { Json } from '@waybill/core/bytes';
import { type AuditRow, type Tx, writeAudit } from '../ground/index.ts';
import type { IdentityDeps } from './deps.ts';
import { actorOf, type Principal } from './principal.ts';

/** What a principal sets out to do, as the audit trail names it. */
export interface Attempt {
  readonly principal: Principal;
  readonly action: string;
  readonly requestId?: string | undefined;
}

/** The row of a change, in the change's own transaction. */
export function auditChange(tx: Tx, attempt: Attempt, target: string, detail: Json): Promise<void> {
  return writeAudit(tx, { ...rowOf(attempt, target), outcome: 'ok', detail });
}

/** Runs `work`; an attempt that reaches too far leaves a row too, in a transaction of its own. */
export async function auditRefusal<T>(
  deps: IdentityDeps,
  attempt: Attempt,
  target: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isCoded(error, 'identity_forbidden', 'identity_last_owner')) {
      const row = { ...rowOf(attempt, target), outcome: 'refused', detail: { code: error.code } } as const;
      await deps.db.withOrg(attempt.principal.orgId, (tx) => writeAudit(tx, row));
    }
    throw error;
  }
}

function rowOf(attempt: Attempt, target: string): Omit<AuditRow, 'outcome' | 'detail'> {
  return {
    orgId: attempt.principal.orgId,
    actor: actorOf(attempt.principal),
    action: attempt.action,
    target,
    ...(attempt.requestId === undefined ? {} : { requestId: attempt.requestId }),
  };
}
