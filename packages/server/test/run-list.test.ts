/** The list of runs reads about as much as it shows, however long the history is. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { rowsOf, type TestDatabase, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import { listRunRows, type RunFilter } from '../src/attestation/queries.ts';
import type { Tx } from '../src/ground/index.ts';

const RUNS = 20_000;
const PAGE = 51;
const MINUTE_MS = 60_000;
const now = new Date('2026-07-01T00:00:00Z');
const org = randomUUID();

let database: TestDatabase;

/** A run each minute into the past; `archive` was given up half-way. */
before(async () => {
  database = await testDatabase();
  await rowsOf(
    database.connection,
    `insert into attestation_runs (org_id, project, workflow, contract_name, contract_revision, contract_digest,
       started_by, state, started_at, expires_at, finished_at)
     select $1, case when i > ${RUNS / 2} and i % 20 = 0 then 'archive' else 'busy' end, 'release', 'c', 1, 'd',
       gen_random_uuid(), s.state, $2::timestamptz - i * interval '1 minute',
       $2::timestamptz - i * interval '1 minute' + interval '1 day',
       case when s.state = 'INITIALIZED' then null else $2::timestamptz end
     from generate_series(1, ${RUNS}) i cross join lateral (
       select case when i % 100 = 0 then 'INITIALIZED' when i = ${RUNS - 1} then 'CANCELLED' else 'PASSED' end state) s`,
    [org, now],
  );
  await rowsOf(database.connection, 'vacuum (analyze) attestation_runs');
});
after(() => database.close());

/** Rows of the table that this connection looked at so far, by whatever way, as far as they are not summed up yet. */
async function rowsRead(tx: Tx): Promise<number> {
  const { rows } = await sql<{ read: number }>`
    select seq_tup_read + idx_tup_fetch as read from pg_stat_xact_user_tables
    where relname = 'attestation_runs'`.execute(tx);
  return rows[0]?.read ?? 0;
}

const deep: RunFilter['after'] = {
  startedAt: new Date(now.getTime() - (RUNS - 10) * MINUTE_MS),
  id: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
};

describe('listRunRows', () => {
  const cases: readonly (readonly [Omit<RunFilter, 'limit'>, number])[] = [
    [{}, PAGE],
    [{ after: deep }, 11],
    [{ project: 'busy' }, PAGE],
    [{ project: 'archive' }, PAGE],
    [{ project: 'archive', workflow: 'release' }, PAGE],
    [{ project: 'unknown' }, 0],
    [{ workflow: 'unknown' }, 0],
    [{ state: 'PASSED' }, PAGE],
    [{ state: 'FAILED' }, 0],
    [{ state: 'CANCELLED' }, 1],
    [{ state: 'INITIALIZED' }, 14],
    [{ state: 'EXPIRED' }, PAGE],
    [{ state: 'EXPIRED', after: deep }, 1],
    [{ state: 'INITIALIZED', project: 'archive' }, 0],
  ];
  for (const [filter, found] of cases) {
    it(`finds ${JSON.stringify(filter)} without reading the whole history`, async () => {
      await database.db.withOrg(org, async (tx) => {
        const earlier = await rowsRead(tx);
        assert.equal((await listRunRows(tx, { ...filter, limit: PAGE }, now)).length, found);
        const read = (await rowsRead(tx)) - earlier;
        assert.ok(read <= 2 * PAGE, `${read} rows were read for a page of ${found}`);
      });
    });
  }
});
