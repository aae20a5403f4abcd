import type { Json } from '@waybill/core/bytes';
import { sql } from 'kysely';
import type { Tx } from '../db/db.ts';

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
export async function writeAudit(tx: Tx, rows: AuditRow | readonly AuditRow[]): Promise<void> {
  const all = [rows].flat();
  const column = (name: 'orgId' | 'actor' | 'action' | 'target' | 'outcome' | 'requestId') =>
    all.map((row) => row[name] ?? null);
  const details = all.map(({ detail }) => (detail === undefined ? null : JSON.stringify(detail)));
  await sql`insert into ground_audit (org_id, actor, action, target, outcome, detail, request_id)
            select * from unnest(${column('orgId')}::uuid[], ${column('actor')}::text[], ${column('action')}::text[],
                                 ${column('target')}::text[], ${column('outcome')}::text[], ${details}::jsonb[],
                                 ${column('requestId')}::text[])`.execute(tx);
}
