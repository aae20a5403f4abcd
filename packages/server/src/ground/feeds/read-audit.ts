import { sql } from 'kysely';
import type { Tx } from '../db/db.ts';
import type { AuditRow } from './audit.ts';
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
  const { action, actor, outcome, before, limit } = filter;
  const wanted = [
    sql`org_id = current_setting('waybill.org')::uuid`,
    ...(action === undefined ? [] : [sql`action = ${action}`]),
    ...(actor === undefined ? [] : [sql`actor = ${actor}`]),
    // Spelled out: a plan for any outcome cannot use the index of those that are not ok.
    ...(outcome === undefined ? [] : [sql`outcome = ${sql.lit(outcome)}`]),
    ...(before === undefined ? [] : [sql`id < ${before}`]),
  ];
  const { rows } = await sql<FeedRow>`
    select id, org_id, ${sql.raw(AUDIT_FEED.columns)} from ground_audit
    where ${sql.join(wanted, sql` and `)} order by id desc limit ${limit}`.execute(tx);
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
