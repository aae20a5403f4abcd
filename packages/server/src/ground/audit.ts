import type { Json } from '@waybill/core/bytes';
import { sql } from 'kysely';
import type { Tx } from './db.ts';

export interface AuditRow {
  /** null only under asSystem: something that belongs to no organisation. */
  readonly orgId: string | null;
  readonly actor: string;
  /** `<room>.<verb>`, for example `identity.revoke-token`. */
  readonly action: string;
  readonly target: string;
  readonly outcome: 'ok' | 'refused' | 'failed';
  /** Never secrets. */
  readonly detail?: Json;
  readonly requestId?: string;
}

/** Appends to the audit trail in the transaction of the change itself. Nobody can change or remove a row. */
export async function writeAudit(tx: Tx, row: AuditRow): Promise<void> {
  const detail = row.detail === undefined ? null : JSON.stringify(row.detail);
  await sql`insert into ground_audit (org_id, actor, action, target, outcome, detail, request_id)
            values (${row.orgId}, ${row.actor}, ${row.action}, ${row.target}, ${row.outcome},
                    ${detail}::jsonb, ${row.requestId ?? null})`.execute(tx);
}
