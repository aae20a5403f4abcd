/** What happens to the feeds beside their being followed: pruning, and new stamps after a logical restore. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import pg from 'pg';
import { readPlace } from '../followers/rows.ts';
import { createLog } from '../log/log.ts';
import { OUTBOX_FEED, readAfter } from './feed.ts';
import { pruneOutbox } from './prune-outbox.ts';
import { restampFeeds } from './restamp.ts';

const log = createLog('silent');
let t: TestDatabase;
let superuser: pg.Client;
before(async () => {
  t = await testDatabase();
  superuser = new pg.Client(t.connection);
  await superuser.connect();
});
beforeEach(() => superuser.query('truncate ground_outbox, ground_failures, ground_followers cascade'));
after(async () => {
  await superuser.end();
  await t.close();
});

interface Row {
  readonly id: number;
  /** Of another cluster, when it is high. */
  readonly xid?: string;
  readonly days?: number;
}

/** As a dump is restored: the columns as they were. */
async function restoreRows(rows: readonly Row[]): Promise<void> {
  for (const { id, xid = '3', days = 0 } of rows) {
    await superuser.query(
      `insert into ground_outbox (id, xid, org_id, type, data, created_at) overriding system value
       values ($1, $2, $3, 'probe.happened', '{}', now() - $4 * interval '1 day')`,
      [id, xid, randomUUID(), days],
    );
  }
  await superuser.query(`select setval(pg_get_serial_sequence('ground_outbox', 'id'), 1000)`);
}

const restoreFollower = (name: string, xid: string, id: number) =>
  superuser.query(`insert into ground_followers (name, feed, xid, id) values ($1, 'outbox', $2, $3)`, [
    name,
    xid,
    id,
  ]);

/** Until no transaction of the cluster is older than now: those of other test files hold rows back, too. */
async function settled(): Promise<void> {
  const { rows: now } = await superuser.query<{ xid: string }>('select pg_current_xact_id()::text as xid');
  for (;;) {
    const { rows } = await superuser.query<{ done: boolean }>(
      'select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 as done',
      [now[0]?.xid],
    );
    if (rows[0]?.done === true) return;
  }
}

const ahead = async (follower: string): Promise<readonly number[]> => {
  await settled();
  return t.db.asSystem(async (tx) => {
    const position = await readPlace(tx, follower);
    const entries = await readAfter(tx, OUTBOX_FEED, { ...position, limit: 100 });
    return entries.map((entry) => entry.position.id);
  });
};

const left = async (): Promise<readonly number[]> =>
  (await superuser.query<{ id: number }>('select id from ground_outbox order by id')).rows.map(({ id }) =>
    Number(id),
  );

describe('restampFeeds', () => {
  const FAR = '9000000000';

  it('lets a follower go on after a restore into a cluster whose counter is lower, and with what is new', async () => {
    await restoreRows([
      { id: 1, xid: '9000000000' },
      { id: 2, xid: '9000000001' },
      // Began before the one with id 5, committed after it.
      { id: 4, xid: '9000000002' },
      { id: 5, xid: '9000000001' },
      { id: 6, xid: '9000000003' },
    ]);
    await restoreFollower('amid', '9000000001', 5);
    await restoreFollower('done', '9000000003', 6);
    await restoreFollower('new', '0', 0);
    assert.deepEqual(await ahead('new'), [], 'stamps of another cluster are never reached');
    await restampFeeds(t.db, log);
    // What had been seen may come again; what had not MUST.
    assert.deepEqual(await ahead('amid'), [4, 5, 6]);
    assert.deepEqual(await ahead('done'), []);
    assert.deepEqual(await ahead('new'), [1, 2, 4, 5, 6]);
    const { rows } = await superuser.query<{ id: number }>(
      `insert into ground_outbox (org_id, type, data) values (gen_random_uuid(), 'x', '{}') returning id`,
    );
    assert.deepEqual(await ahead('done'), [Number(rows[0]?.id)]);
  });

  it('brings a position back also where no row is left', async () => {
    await restoreFollower('alone', FAR, 7);
    await restampFeeds(t.db, log);
    await superuser.query(
      `insert into ground_outbox (org_id, type, data) values (gen_random_uuid(), 'x', '{}')`,
    );
    assert.equal((await ahead('alone')).length, 1);
  });

  it('stamps the audit trail anew, and nothing else in it', async () => {
    await superuser.query(
      `insert into ground_audit (xid, actor, action, target, outcome) values ('9000000000', 'a', 'probe.do', 't', 'ok')`,
    );
    const read = async () =>
      (
        await superuser.query<{ xid: string }>(
          'select xid::text, to_jsonb(a) - $1 as rest from ground_audit a',
          ['xid'],
        )
      ).rows[0];
    const before = await read();
    await restampFeeds(t.db, log);
    const afterwards = await read();
    assert.ok(Number(afterwards?.xid) < 9_000_000_000);
    assert.deepEqual({ ...afterwards, xid: '' }, { ...before, xid: '' });
  });

  it('changes nothing in a database that was not restored', async () => {
    await restoreRows([{ id: 1 }, { id: 2, xid: '4' }]);
    await restoreFollower('amid', '3', 1);
    await restampFeeds(t.db, log);
    assert.deepEqual(await ahead('amid'), [2]);
    assert.deepEqual(await t.db.asSystem((tx) => readPlace(tx, 'amid')), { xid: '3', id: 1, taken: 0 });
  });
});

describe('pruneOutbox', () => {
  it('removes what is older than a week and behind every follower, but no dead letter', async () => {
    await restoreRows([
      { id: 1, days: 8 },
      { id: 2, days: 8 },
      { id: 3, days: 6 },
      { id: 4, days: 8 },
      { id: 5, days: 8 },
    ]);
    await restoreFollower('fast', '3', 5);
    await restoreFollower('slow', '3', 4);
    await superuser.query(
      `insert into ground_failures
         (follower, event_id, type, attempts, code, message, first_failed_at, last_failed_at, dead_at)
       values ('fast', 2, 'probe.happened', 1, 'x', 'x', now(), now(), now())`,
    );
    assert.equal(await pruneOutbox(t.db), 2);
    assert.deepEqual(await left(), [2, 3, 5]);
  });

  it('goes on until nothing old is left', async () => {
    await superuser.query(
      `insert into ground_outbox (org_id, type, data, created_at)
       select gen_random_uuid(), 'probe.happened', '{}', now() - case when n <= 12000 then 8 else 1 end * interval '1 day'
       from generate_series(1, 12003) n`,
    );
    assert.equal(await pruneOutbox(t.db), 12_000);
    assert.equal((await left()).length, 3);
  });

  it('keeps nothing for followers that there are none of', async () => {
    await restoreRows([{ id: 1, days: 8 }, { id: 2 }]);
    assert.equal(await pruneOutbox(t.db), 1);
    assert.deepEqual(await left(), [2]);
  });
});
