import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { rowsOf, type TestDatabase, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import type { Tx } from '../db/db.ts';
import { listAudit } from './read-audit.ts';

const ROWS = 20_000;
const PAGE = 51;

let database: TestDatabase;
const org = randomUUID();

before(async () => {
  database = await testDatabase();
  await rowsOf(
    database.connection,
    `insert into ground_audit (org_id, actor, action, target, outcome)
     select $1, case when i % 4000 = 0 then 'token:rare' else 'token:ci' end,
       case when i % 2000 = 0 then 'identity.revoke-token' else 'attestation.accept' end, 'run:' || i,
       case when i % 1000 = 0 then 'refused' else 'ok' end
     from generate_series(1, ${ROWS}) i`,
    [org],
  );
  await rowsOf(database.connection, 'vacuum (analyze) ground_audit');
});
after(() => database.close());

/** Rows of the table that this connection looked at so far, by whatever way, as far as they are not summed up yet. */
async function rowsRead(tx: Tx): Promise<number> {
  const { rows } = await sql<{ read: number }>`
    select seq_tup_read + idx_tup_fetch as read from pg_stat_xact_user_tables where relname = 'ground_audit'`.execute(
    tx,
  );
  return rows[0]?.read ?? 0;
}

describe('listAudit', () => {
  const middle = ROWS / 2;
  for (const [filter, found] of [
    [{}, PAGE],
    [{ action: 'identity.revoke-token' }, 10],
    [{ actor: 'token:rare' }, 5],
    [{ actor: 'token:nobody' }, 0],
    [{ outcome: 'refused' }, 20],
    [{ outcome: 'failed' }, 0],
    [{ before: middle }, PAGE],
    [{ outcome: 'refused', before: middle }, 9],
  ] as const) {
    it(`finds ${JSON.stringify(filter)} without reading the whole trail`, async () => {
      await database.db.withOrg(org, async (tx) => {
        const earlier = await rowsRead(tx);
        assert.equal((await listAudit(tx, { ...filter, limit: PAGE })).length, found);
        const read = (await rowsRead(tx)) - earlier;
        assert.ok(read <= 2 * PAGE, `${read} rows were read for a page of ${found}`);
      });
    });
  }
});
