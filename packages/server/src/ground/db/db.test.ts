import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import { writeAudit } from '../feeds/audit.ts';
import { emit } from '../feeds/outbox.ts';
import { createLog } from '../log/log.ts';
import { openDb, type Tx } from './db.ts';

type Tables = {
  probe_notes: { org_id: string; text: string };
  probe_ticks: { id: number };
};

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
  const client = new pg.Client(t.connection);
  await client.connect();
  await client.query(
    `create table probe_notes (id bigserial primary key, org_id uuid not null, text text not null)`,
  );
  await client.query(`select waybill_tenant_table('probe_notes')`);
  await client.query(`create table probe_ticks (id bigint primary key)`);
  await client.query(`select waybill_system_table('probe_ticks')`);
  await client.end();
});
after(() => t.close());

describe('withOrg', () => {
  it('shows only the rows of its organisation, also to a statement without a condition', async () => {
    const [a, b] = [randomUUID(), randomUUID()];
    for (const org of [a, b]) {
      await t.db.withOrg(org, (tx) =>
        tx
          .withTables<Tables>()
          .insertInto('probe_notes')
          .values({ org_id: org, text: `of ${org}` })
          .execute(),
      );
    }
    const seen = await t.db.withOrg(a, (tx) =>
      tx.withTables<Tables>().selectFrom('probe_notes').selectAll().execute(),
    );
    assert.deepEqual(
      seen.map((row) => row.org_id),
      [a],
    );
    const all = await t.db.asSystem((tx) =>
      tx.withTables<Tables>().selectFrom('probe_notes').selectAll().execute(),
    );
    assert.equal(all.filter((row) => row.org_id === a || row.org_id === b).length, 2);
  });

  it('refuses to write a row of another organisation', async () => {
    await assert.rejects(
      t.db.withOrg(randomUUID(), (tx) =>
        tx
          .withTables<Tables>()
          .insertInto('probe_notes')
          .values({ org_id: randomUUID(), text: 'x' })
          .execute(),
      ),
      /row-level security/,
    );
  });

  it('cannot touch a table of the system', async () => {
    await assert.rejects(
      t.db.withOrg(randomUUID(), (tx) =>
        tx.withTables<Tables>().selectFrom('probe_ticks').selectAll().execute(),
      ),
      /permission denied/,
    );
    await t.db.asSystem((tx) =>
      tx.withTables<Tables>().insertInto('probe_ticks').values({ id: 1 }).execute(),
    );
  });

  it('leaves neither role nor organisation behind on the connection', async () => {
    const one = openDb({ connection: t.connection, log: createLog('silent'), maxConnections: 1 });
    try {
      await one.withOrg(randomUUID(), (tx) => sql`select 1`.execute(tx));
      await one.asSystem(async (tx) => {
        const { rows } = await sql<{ role: string; org: string }>`
          select current_user as role, current_setting('waybill.org', true) as org`.execute(tx);
        assert.deepEqual(rows, [{ role: 'waybill_system', org: '' }]);
      });
    } finally {
      await one.close();
    }
  });

  it('shows each organisation its own rows by the same kept statement of one connection', async () => {
    const one = openDb({ connection: t.connection, log: createLog('silent'), maxConnections: 1 });
    const [a, b] = [randomUUID(), randomUUID()];
    const texts = (tx: Tx) =>
      tx.withTables<Tables>().selectFrom('probe_notes').select('text').where('text', 'in', [a, b]).execute();
    try {
      for (const org of [a, b]) {
        const note = { org_id: org, text: org };
        await one.withOrg(org, (tx) =>
          tx.withTables<Tables>().insertInto('probe_notes').values(note).execute(),
        );
      }
      // Often enough for PostgreSQL to keep one plan for all parameters.
      for (let round = 0; round < 12; round++) {
        for (const org of [a, b]) assert.deepEqual(await one.withOrg(org, texts), [{ text: org }]);
        assert.equal((await one.asSystem(texts)).length, 2);
      }
    } finally {
      await one.close();
    }
  });

  it('runs statements in the order in which they are asked for, whatever makes them', async () => {
    const org = randomUUID();
    const note = (text: string) => ({ org_id: org, text });
    const seen = await t.db.withOrg(org, async (tx) => {
      const built = (text: string) =>
        tx.withTables<Tables>().insertInto('probe_notes').values(note(text)).execute();
      const raw = (text: string) =>
        sql`insert into probe_notes (org_id, text) values (${org}, ${text})`.execute(tx);
      const count = async () =>
        (await sql<{ n: number }>`select count(*)::integer as n from probe_notes`.execute(tx)).rows[0]?.n;
      const list = async () =>
        (await tx.withTables<Tables>().selectFrom('probe_notes').select('text').execute()).length;
      const answers = await Promise.all([count(), built('a'), count(), list(), raw('b'), list(), count()]);
      return answers.filter((answer) => typeof answer === 'number');
    });
    assert.deepEqual(seen, [0, 1, 1, 2, 2]);
  });

  it('rolls back when the work throws before it awaits anything', async () => {
    const broken = (): never => {
      throw new TypeError('no promise at all');
    };
    await assert.rejects(t.db.withOrg(randomUUID(), broken), /no promise at all/);
  });

  it('takes no statement after the end of a transaction, which would run in the next one', async () => {
    let leaked: Tx | undefined;
    await t.db.withOrg(randomUUID(), async (tx) => {
      leaked = tx;
    });
    assert.ok(leaked);
    await assert.rejects(sql`select 1`.execute(leaked), /after the end of its transaction/);
  });

  it('commits work that asks for all its statements at once, and refuses a later one', async () => {
    const org = randomUUID();
    const write = (tx: Tx, text: string) =>
      sql`insert into probe_notes (org_id, text) values (${org}, ${text})`.execute(tx);
    const texts = (tx: Tx) => sql<{ text: string }>`select text from probe_notes order by text`.execute(tx);
    const both = async (tx: Tx) => Promise.all([write(tx, 'a'), write(tx, 'b'), texts(tx)]);
    const [, , seen] = await t.db.withOrg(org, both, { atOnce: true });
    assert.deepEqual(seen.rows, [{ text: 'a' }, { text: 'b' }]);
    const late = async (tx: Tx) => {
      await write(tx, 'c');
      await write(tx, 'd');
    };
    await assert.rejects(t.db.withOrg(org, late, { atOnce: true }), /after the end of its transaction/);
    const failing = (tx: Tx) => sql`select ${1}::integer / 0`.execute(tx);
    await assert.rejects(t.db.withOrg(org, failing, { atOnce: true }), /division by zero/);
    assert.equal((await t.db.withOrg(org, texts, { atOnce: true })).rows.length, 3);
  });

  it('undoes what was sent together with a statement that fails, and goes on with the connection', async () => {
    const one = openDb({ connection: t.connection, log: createLog('silent'), maxConnections: 1 });
    const org = randomUUID();
    const write = (tx: Tx, text: string) =>
      sql`insert into probe_notes (org_id, text) values (${org}, ${text})`.execute(tx);
    try {
      await assert.rejects(
        one.withOrg(org, (tx) =>
          Promise.all([write(tx, 'before'), sql`select ${1}::integer / 0`.execute(tx), write(tx, 'after')]),
        ),
        /division by zero/,
      );
      await one.withOrg(org, (tx) => write(tx, 'later'));
      const { rows } = await one.withOrg(org, (tx) => sql`select text from probe_notes`.execute(tx));
      assert.deepEqual(rows, [{ text: 'later' }]);
    } finally {
      await one.close();
    }
  });

  it('says so when a statement failed and the work went on regardless', async () => {
    const careless = t.db.withOrg(randomUUID(), async (tx) => {
      await assert.rejects(sql`select 1 / 0`.execute(tx));
      return 'all is well';
    });
    await assert.rejects(careless, /aborted cannot be committed/);
  });

  it('refuses an id that is no UUID before anything is sent', async () => {
    await assert.rejects(
      t.db.withOrg(`x'; --`, async () => 1),
      (error) => isCoded(error, 'database_org_invalid'),
    );
  });

  it('rolls everything back when the work throws', async () => {
    const org = randomUUID();
    await assert.rejects(
      t.db.withOrg(org, async (tx) => {
        await emit(tx, { orgId: org, type: 'probe.happened', data: {} });
        throw new Error('no');
      }),
    );
    const { rows } = await t.db.asSystem((tx) =>
      sql`select 1 from ground_outbox where org_id = ${org}`.execute(tx),
    );
    assert.equal(rows.length, 0);
  });
});

describe('writeAudit', () => {
  it('appends, and neither role can change or remove a row', async () => {
    const org = randomUUID();
    await t.db.withOrg(org, (tx) =>
      writeAudit(tx, {
        orgId: org,
        actor: 'token x',
        action: 'probe.do',
        target: 'y',
        outcome: 'ok',
        detail: { n: 1 },
      }),
    );
    for (const statement of [
      'update ground_audit set actor = $$z$$',
      'delete from ground_audit',
      'truncate ground_audit',
    ]) {
      await assert.rejects(
        t.db.withOrg(org, (tx) => sql.raw(statement).execute(tx)),
        /permission denied/,
      );
      await assert.rejects(
        t.db.asSystem((tx) => sql.raw(statement).execute(tx)),
        /permission denied/,
      );
    }
    const rows = await t.db.withOrg(org, (tx) =>
      sql<{ detail: unknown }>`select detail from ground_audit`.execute(tx),
    );
    assert.deepEqual(rows.rows, [{ detail: { n: 1 } }]);
  });

  it('keeps rows of no organisation for the system alone', async () => {
    const row = {
      orgId: null,
      actor: 'unknown',
      action: 'probe.knock',
      target: '-',
      outcome: 'refused',
    } as const;
    await t.db.asSystem((tx) => writeAudit(tx, row));
    await assert.rejects(
      t.db.withOrg(randomUUID(), (tx) => writeAudit(tx, row)),
      /row-level security/,
    );
  });
});

describe('tryLock', () => {
  it('has one holder, and the next after release', async () => {
    const first = await t.db.tryLock('sequencer');
    assert.ok(first);
    assert.equal(await t.db.tryLock('sequencer'), null);
    await first.release();
    const second = await t.db.tryLock('sequencer');
    assert.ok(second);
    await second.release();
  });

  it('tells its holder when the connection is cut', async () => {
    const lock = await t.db.tryLock('cut');
    assert.ok(lock);
    const client = new pg.Client(t.connection);
    await client.connect();
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waybill lock cut'`,
    );
    await client.end();
    await lock.lost;
    const again = await t.db.tryLock('cut');
    assert.ok(again);
    await again.release();
  });
});

describe('openDb', () => {
  it('gives a statement that runs too long and a database that is away their codes', async () => {
    const hasty = openDb({ connection: t.connection, log: createLog('silent'), statementTimeoutMs: 50 });
    await assert.rejects(
      hasty.asSystem((tx) => sql`select pg_sleep(5)`.execute(tx)),
      (error) => isCoded(error, 'database_timeout'),
    );
    await hasty.close();
    const away = openDb({ connection: { ...t.connection, host: '/nonexistent' }, log: createLog('silent') });
    await assert.rejects(
      away.ping(),
      // Its message is for strangers too.
      (error) => isCoded(error, 'database_unavailable') && !error.message.includes('nonexistent'),
    );
    await away.close();
  });

  it('is closed when its connections are gone, so that a PostgreSQL that stops next cuts none off', async () => {
    const db = openDb({ connection: t.connection, log: createLog('silent'), maxConnections: 6 });
    const pids = await Promise.all(
      Array.from({ length: 6 }, () =>
        db.asSystem(async (tx) => {
          // What the session leaves behind makes its end take a while.
          await sql`do $$ begin for n in 1..100 loop
            execute format('create temp table litter_%s ()', n); end loop; end $$`.execute(tx);
          const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
          return rows[0]?.pid;
        }),
      ),
    );
    await db.close();
    const { rows } = await t.db.asSystem((tx) =>
      sql`select pid from pg_stat_activity where pid = any(${pids})`.execute(tx),
    );
    assert.deepEqual(rows, []);
  });

  it('survives that the server closes its idle connections', async () => {
    await t.db.ping();
    const client = new pg.Client(t.connection);
    await client.connect();
    await client.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await client.end();
    await t.db.ping().catch((error: unknown) => assert.ok(isCoded(error, 'database_unavailable')));
    await t.db.ping();
  });
});
