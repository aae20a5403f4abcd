import { sql } from 'kysely';
import type { AuditRow } from './audit.ts';
import type { Tx } from './db.ts';
import { AUDIT_FEED, type AuditRecord, type FeedRow, readByIds } from './feed.ts';

export interface AuditFilter {
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  readonly outcome?: AuditRow['outcome'] | undefined;
  /** Only rows with a lower id. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Newest first. Under withOrg those of the organisation. */
export async function listAudit(tx: Tx, filter: AuditFilter): Promise<readonly AuditRecord[]> {
  const { action = null, actor = null, outcome = null, before = null, limit } = filter;
  const { rows } = await sql<FeedRow>`
    select id, org_id, ${sql.raw(AUDIT_FEED.columns)} from ground_audit
    where org_id = current_setting('waybill.org')::uuid
      and (${action}::text is null or action = ${action}) and (${actor}::text is null or actor = ${actor})
      and (${outcome}::text is null or outcome = ${outcome}) and (${before}::bigint is null or id < ${before})
    order by id desc limit ${limit}`.execute(tx);
  return rows.map((row) => AUDIT_FEED.toEvent(row));
}

/** Those of the ids that are there. */
export async function readAudit(tx: Tx, ids: readonly number[]): Promise<readonly AuditRecord[]> {
  return (await readByIds(tx, AUDIT_FEED, ids)).map(({ event }) => event);
}

/** Under withOrg those of the organisation. */
export async function countAudit(tx: Tx): Promise<number> {
  const { rows } = await sql<{ rows: number }>`
    select count(*) as rows from ground_audit where org_id = current_setting('waybill.org')::uuid`.execute(
    tx,
  );
  return rows[0]?.rows ?? 0;
}
