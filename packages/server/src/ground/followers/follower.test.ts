import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '@waybill/core';
import { type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import { type Db, openDb } from '../db/db.ts';
import { writeAudit } from '../feeds/audit.ts';
import { AUDIT_FEED, type AuditRecord, type FollowedEvent, OUTBOX_FEED } from '../feeds/feed.ts';
import { emit } from '../feeds/outbox.ts';
import { createLog } from '../log/log.ts';
import { startPostgres } from '../postgres/postgres.ts';
import { type Follower, type FollowerLimits, type RunningFollowers, startFollowers } from './follower.ts';
import { listDeadLetters, readLag, retryDeadLetter } from './rows.ts';

const DOOMED = new URL('./test-doomed-follower.ts', import.meta.url).pathname;
const LIMITS: FollowerLimits = { pollMs: 2, standByMs: 5, maxAttempts: 3, backoffMs: 1, maxBackoffMs: 4 };
const CHILD_ATTEMPTS = 2;
const log = createLog('silent');
const org = randomUUID();

/** Resolves as soon as the condition holds; the run's own limit ends a test that waits in vain. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(2);
}

describe('followers', () => {
  let t: TestDatabase;
  let running: RunningFollowers[] = [];

  before(async () => {
    t = await testDatabase();
  });
  beforeEach(async () => {
    await superuser((client) =>
      client.query(
        'truncate ground_outbox, ground_failures, ground_followers cascade; delete from ground_audit',
      ),
    );
  });
  afterEach(stopAll);
  after(() => t.close());

  async function superuser<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client(t.connection);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** A follower of the outbox that notes what it is given. */
  function probe(take: (event: FollowedEvent) => Promise<void> | void = () => undefined) {
    const seen: number[] = [];
    const follower: Follower<FollowedEvent> = {
      name: 'probe',
      feed: OUTBOX_FEED,
      batchEvents: 10,
      async deliver(events) {
        for (const event of events) await take(event);
        seen.push(...events.map(({ id }) => id));
      },
    };
    return { seen, follower };
  }

  function start(followers: readonly Follower[], db: Db = t.db): RunningFollowers {
    const followersRunning = startFollowers({ db, log, limits: LIMITS }, followers);
    running.push(followersRunning);
    return followersRunning;
  }

  async function stopAll(): Promise<void> {
    await Promise.all(running.map((one) => one.close()));
    running = [];
  }

  /** Its id. */
  async function emitOne(data: object = {}): Promise<number> {
    return superuser((client) => insertEvent(client, data));
  }

  async function insertEvent(client: pg.Client, data: object = {}): Promise<number> {
    const { rows } = await client.query<{ id: number }>(
      `insert into ground_outbox (org_id, type, data) values ($1, 'probe.happened', $2) returning id`,
      [org, data],
    );
    return Number(rows[0]?.id);
  }

  it('deliver each committed event of eight writers once, in the order (xid, id)', async () => {
    const { seen, follower } = probe();
    start([follower]);
    const committed = await Promise.all(Array.from({ length: 8 }, (_, writer) => write(writer)));
    const expected = await superuser(async (client) => {
      const { rows } = await client.query<{ id: number }>(
        'select id from ground_outbox order by ground_outbox.xid, id',
      );
      return rows.map(({ id }) => Number(id));
    });
    assert.equal(expected.length, committed.flat().length);
    await until(() => seen.length >= expected.length);
    await stopAll();
    assert.deepEqual(seen, expected);
    assert.notDeepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
      'the writers overtook one another',
    );
  });

  /** Transactions of one to three events: some get their stamp early and commit late, some roll back. */
  async function write(writer: number): Promise<readonly number[]> {
    return superuser(async (client) => {
      const ids: number[] = [];
      for (let at = 0; at < 40; at++) {
        await client.query('begin');
        if ((writer + at) % 3 === 0) await client.query('select pg_current_xact_id()');
        for (let wait = 0; wait < (writer * 7 + at * 3) % 11; wait++) await client.query('select 1');
        const inserted: number[] = [];
        for (let n = 0; n <= at % 3; n++) inserted.push(await insertEvent(client));
        for (let wait = 0; wait < (writer * 5 + at) % 13; wait++) await client.query('select 1');
        const rolledBack = (writer + at) % 5 === 0;
        await client.query(rolledBack ? 'rollback' : 'commit');
        if (!rolledBack) ids.push(...inserted);
      }
      return ids;
    });
  }

  it('wait for a transaction that began earlier, and lose nothing of it', async () => {
    const { seen, follower } = probe();
    start([follower]);
    const first = await emitOne();
    await until(() => seen.length === 1);
    await superuser(async (slow) => {
      await slow.query('begin');
      const slowest = await insertEvent(slow);
      const fast = [await emitOne(), await emitOne()];
      const [lag] = await t.db.asSystem(readLag);
      assert.equal(lag?.events, 2);
      assert.deepEqual(seen, [first]);
      await slow.query('commit');
      await until(() => seen.length === 4);
      assert.deepEqual(seen, [first, slowest, ...fast]);
    });
    await stopAll();
  });

  it('go on where they were, and see nothing twice', async () => {
    const ids = [await emitOne(), await emitOne()];
    const before = probe();
    start([before.follower]);
    await until(() => before.seen.length === 2);
    await stopAll();
    const next = await emitOne();
    const afterwards = probe();
    start([afterwards.follower]);
    await until(() => afterwards.seen.length === 1);
    await stopAll();
    assert.deepEqual([before.seen, afterwards.seen], [ids, [next]]);
  });

  it('are given again what a killed process had in hand, and another replica takes over', async () => {
    const ids = [await emitOne({ poison: true }), await emitOne()];
    const killed = startChild();
    const exited = once(killed, 'exit');
    await until(() =>
      superuser(async (client) => {
        const { rows } = await client.query(`select 1 from ground_followers where name = 'probe'`);
        return rows.length === 1;
      }),
    );
    const { seen, follower } = probe();
    start([follower]);
    assert.deepEqual(await exited, [null, 'SIGKILL']);
    await until(() => seen.length === 2);
    await stopAll();
    assert.deepEqual(seen, ids);
    assert.deepEqual(await listed(), []);
  });

  function startChild(): ChildProcess {
    const order = { connection: t.connection, limits: { ...LIMITS, maxAttempts: CHILD_ATTEMPTS } };
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    return spawn(process.execPath, [DOOMED, JSON.stringify(order)], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  }

  it('give up an event that ends the process each time, and a retry of it ends it once', async () => {
    await emitOne();
    await emitOne({ poison: true });
    await emitOne();
    // The first time all three are in hand, then the one alone.
    for (let death = 0; death <= CHILD_ATTEMPTS; death++) {
      assert.deepEqual(await once(startChild(), 'exit'), [null, 'SIGKILL'], `${death}`);
    }
    const healthy = startChild();
    await until(async () => (await t.db.asSystem(readLag))[0]?.events === 0);
    const [dead] = await listed();
    assert.equal(dead?.code, 'follower_interrupted');
    assert.equal(dead.attempts, CHILD_ATTEMPTS);
    const ended = once(healthy, 'exit');
    await t.db.withOrg(org, (tx) => retryDeadLetter(tx, dead.id));
    assert.deepEqual(await ended, [null, 'SIGKILL']);
    assert.equal((await listed())[0]?.retrying, false);
    await emitOne();
    const again = startChild();
    await until(async () => (await t.db.asSystem(readLag))[0]?.events === 0);
    again.kill('SIGKILL');
  });

  it('are led by one replica, and by the next one when its session ends', async () => {
    const [a, b] = [probe(), probe()];
    const other = openDb({ connection: t.connection, log });
    start([a.follower]);
    await emitOne();
    await until(() => a.seen.length === 1);
    start([b.follower], other);
    for (let n = 0; n < 20; n++) await emitOne();
    await until(() => a.seen.length === 21);
    assert.deepEqual(b.seen, []);
    await running.shift()?.close();
    const last = await emitOne();
    await until(() => b.seen.length === 1);
    await stopAll();
    await other.close();
    assert.deepEqual(b.seen, [last]);
  });

  it('give an event that nothing can take up after its attempts, and the others go on', async () => {
    let cured = false;
    const { seen, follower } = probe((event) => {
      if ((event.data as { poison?: boolean }).poison !== true || cured) return;
      throw new CodedError('request_invalid', 'no such thing');
    });
    const [a, poison, b] = [await emitOne(), await emitOne({ poison: true }), await emitOne()];
    start([follower]);
    await until(async () => seen.includes(b) && (await t.db.asSystem(readLag))[0]?.events === 0);
    assert.deepEqual(seen, [a, b]);
    const [dead, ...more] = await t.db.withOrg(org, (tx) => listDeadLetters(tx, 10));
    assert.ok(dead);
    assert.deepEqual(more, []);
    const { follower: name, eventId, attempts, code, message, type, retrying } = dead;
    assert.deepEqual(
      { name, eventId, attempts, code, message, type, retrying },
      {
        name: 'probe',
        eventId: poison,
        attempts: LIMITS.maxAttempts,
        code: 'request_invalid',
        message: 'no such thing',
        type: 'probe.happened',
        retrying: false,
      },
    );
    assert.ok(dead.firstFailedAt < dead.lastFailedAt);
    const [lag] = await t.db.asSystem(readLag);
    assert.deepEqual(lag, { follower: 'probe', feed: 'outbox', events: 0, seconds: 0, deadLetters: 1 });

    // A retry that fails is counted, and the letter stays.
    await t.db.withOrg(org, (tx) => retryDeadLetter(tx, dead.id));
    await until(async () => (await listed())[0]?.attempts === LIMITS.maxAttempts + 1);
    assert.equal((await listed())[0]?.retrying, false);
    cured = true;
    await t.db.withOrg(org, (tx) => retryDeadLetter(tx, dead.id));
    await until(async () => (await listed()).length === 0);
    await stopAll();
    assert.deepEqual(seen, [a, b, poison]);
  });

  const listed = () => t.db.withOrg(org, (tx) => listDeadLetters(tx, 10));

  it('say nothing of an unexpected error to whoever reads the dead letter', async () => {
    const { follower } = probe(() => {
      throw new Error('password=hunter2');
    });
    await emitOne();
    start([follower]);
    await until(async () => (await listed()).length === 1);
    await stopAll();
    const [dead] = await listed();
    assert.equal(dead?.code, 'internal');
    assert.doesNotMatch(dead?.message ?? '', /hunter2/);
  });

  it('show and retry the dead letters of an organisation to it alone', async () => {
    const { follower } = probe(() => {
      throw new CodedError('request_invalid', 'no');
    });
    await emitOne();
    start([follower]);
    await until(async () => (await listed()).length === 1);
    await stopAll();
    const id = (await listed())[0]?.id ?? '';
    const stranger = randomUUID();
    assert.deepEqual(await t.db.withOrg(stranger, (tx) => listDeadLetters(tx, 10)), []);
    assert.equal(await t.db.withOrg(stranger, (tx) => retryDeadLetter(tx, id)), null);
    // A query that runs as the system by mistake finds nothing either: the organisation stands in it.
    assert.deepEqual(await t.db.asSystem((tx) => listDeadLetters(tx, 10)), []);
    assert.equal(await t.db.asSystem((tx) => retryDeadLetter(tx, id)), null);
    assert.equal((await listed())[0]?.retrying, false);
    await assert.rejects(
      t.db.withOrg(org, (tx) => sql`update ground_failures set message = 'x'`.execute(tx)),
      /permission denied/,
    );
  });

  it('follow the audit trail too, also rows of no organisation, whose dead letters the next leader retries', async () => {
    const rows: AuditRecord[] = [];
    let cured = false;
    const follower: Follower<AuditRecord> = {
      name: 'audit-probe',
      feed: AUDIT_FEED,
      batchEvents: 10,
      async deliver(events) {
        if (!cured) throw new CodedError('request_invalid', 'no');
        rows.push(...events);
      },
    };
    const row = {
      orgId: null,
      actor: 'a',
      action: 'probe.do',
      target: 't',
      outcome: 'ok',
      detail: { n: 1 },
    } as const;
    await t.db.asSystem((tx) => writeAudit(tx, row));
    start([follower]);
    await until(async () => (await t.db.asSystem(readLag))[0]?.deadLetters === 1);
    await stopAll();
    cured = true;
    start([follower]);
    await until(() => rows.length === 1);
    await stopAll();
    const { id: _id, at, ...rest } = rows[0] ?? assert.fail();
    assert.deepEqual(rest, { ...row, requestId: null });
    assert.ok(at instanceof Date);
  });

  it('end after the event in hand', async () => {
    const gate = Promise.withResolvers<void>();
    let taken = 0;
    const { seen, follower } = probe(async () => {
      taken++;
      await gate.promise;
    });
    const id = await emitOne();
    const one = start([follower]);
    await until(() => taken === 1);
    const closed = one.close();
    gate.resolve();
    await closed;
    assert.deepEqual(seen, [id]);
    const afterwards = probe();
    start([afterwards.follower]);
    const next = await emitOne();
    await until(() => afterwards.seen.length > 0);
    await stopAll();
    assert.deepEqual(afterwards.seen, [next]);
  });

  it('wait for a database that is away, hold it against no event, and go on', async () => {
    await using directory = await tempDir('waybill-follower-');
    const settings = { fsync: 'off' };
    const { readMigrations, migrate } = await import('../db/migrate.ts');
    let server = await startPostgres({ dataDir: directory.path, log, settings });
    await migrate(server.connection, await readMigrations(), log);
    const db = openDb({ connection: server.connection, log });
    const happen = () => db.withOrg(org, (tx) => emit(tx, { orgId: org, type: 'probe.happened', data: {} }));
    const { seen, follower } = probe();
    const followers = startFollowers({ db, log, limits: LIMITS }, [follower]);
    await happen();
    await until(() => seen.length === 1);
    await server.stop();
    await assert.rejects(happen());
    server = await startPostgres({ dataDir: directory.path, log, settings });
    await happen();
    await until(() => seen.includes(2));
    assert.deepEqual(await db.withOrg(org, (tx) => listDeadLetters(tx, 1)), []);
    // What was in hand when the database went may come again.
    assert.deepEqual([...new Set(seen)], [1, 2]);
    await followers.close();
    await db.close();
    await server.stop();
  });
});
