import type { Decision } from '@waybill/api';
import type { Digest } from '@waybill/core/digest';
import { type ColumnType, sql } from 'kysely';
import type { Tx } from '../ground/index.ts';

type GateTables = {
  gate_decisions: {
    id: string;
    org_id: string;
    subject_digest: Digest;
    outcome: Decision['outcome'];
    decision: ColumnType<Decision, string, never>;
    asked_by: string;
    decided_at: Date;
  };
};

export async function insertDecision(
  tx: Tx,
  row: { readonly orgId: string; readonly askedBy: string; readonly decision: Decision },
): Promise<void> {
  const { decision } = row;
  await tx
    .withTables<GateTables>()
    .insertInto('gate_decisions')
    .values({
      id: decision.id,
      org_id: row.orgId,
      subject_digest: decision.subject.digest as Digest,
      outcome: decision.outcome,
      decision: JSON.stringify(decision),
      asked_by: row.askedBy,
      decided_at: new Date(decision.decidedAt),
    })
    .execute();
}

/** One that the token `askedBy` asked for, when it is given. */
export async function findDecision(tx: Tx, id: string, askedBy: string | null): Promise<Decision | null> {
  const row = await tx
    .withTables<GateTables>()
    .selectFrom('gate_decisions')
    .select('decision')
    // Beside row-level security: a query that runs as the system by mistake finds nothing.
    .where('org_id', '=', sql<string>`nullif(current_setting('waybill.org', true), '')::uuid`)
    .where('id', '=', id)
    .$if(askedBy !== null, (query) => query.where('asked_by', '=', askedBy ?? ''))
    .executeTakeFirst();
  return row?.decision ?? null;
}
