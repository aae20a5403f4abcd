import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type TestDatabase, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import pg from 'pg';
import { emit } from '../feeds/outbox.ts';
import { createLog } from '../log/log.ts';
import { migrate, readMigrations } from './migrate.ts';
import {
  isUnused,
  loadSnapshot,
  orderForLoading,
  type Snapshot,
  type TableShape,
  withSnapshot,
} from './snapshot.ts';

const ORG = '11111111-2222-4333-8444-555555555555';
let source: TestDatabase;

before(async () => {
  source = await testDatabase();
  await query(source.connection, NASTY);
});
after(() => source.close());

/** Every kind of value that a text format could lose. */
const NASTY = `
  create table probe_parent (id uuid primary key, org_id uuid not null);
  create table probe_child (
    id bigint generated always as identity primary key, org_id uuid not null, parent uuid references probe_parent,
    "odd ""name" text, bytes bytea, list bytea[], doc jsonb, at timestamptz, flag boolean,
    doubled text generated always as (coalesce("odd ""name", '') || '!') stored
  );
  select waybill_tenant_table('probe_child'), waybill_tenant_table('probe_parent');
  insert into probe_parent values ('${ORG}', '${ORG}');
  insert into probe_child (org_id, parent, "odd ""name", bytes, list, doc, at, flag) values
    ('${ORG}', '${ORG}', E'tab\\t line\\n back\\\\ \\\\N {"ä"} 🧾', '\\x00ff5c0a', array['\\x00', '\\x'::bytea], '{"a": "\\\\n\\u00e4"}',
     '2026-03-01 12:00:00.123456+02', true),
    ('${ORG}', null, '', '', '{}', 'null', 'infinity', null),
    ('${ORG}', null, null, null, null, null, null, false);
  delete from probe_child where "odd ""name" is null;`;

async function query(connection: pg.PoolConfig, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(text);
    return (Array.isArray(result) ? (result.at(-1) as typeof result) : result).rows;
  } finally {
    await client.end();
  }
}

interface Copy extends Pick<Snapshot, 'counters'> {
  readonly tables: readonly TableShape[];
  readonly rows: ReadonlyMap<string, Buffer>;
}

async function copyOf(connection: pg.PoolConfig, meanwhile?: () => Promise<unknown>): Promise<Copy> {
  return withSnapshot(connection, async (snapshot) => {
    await meanwhile?.();
    const rows = new Map<string, Buffer>();
    for (const table of snapshot.tables)
      rows.set(
        table.name,
        Buffer.concat(await Array.fromAsync(snapshot.rowsOf(table) as AsyncIterable<Buffer>)),
      );
    const tables = await orderForLoading(connection, snapshot.tables);
    return { tables, counters: snapshot.counters, rows };
  });
}

/** An empty database of a user who is no superuser, as an operator gives one. */
async function plainDatabase(): Promise<{ readonly connection: pg.PoolConfig; drop(): Promise<void> }> {
  const name = `plain_${randomBytes(4).toString('hex')}`;
  await query(source.connection, `create role ${name} login; grant waybill_app, waybill_system to ${name}`);
  await query(source.connection, `create database ${name} owner ${name}`);
  return {
    connection: { ...source.connection, database: name, options: `-c role=${name}` },
    async drop() {
      await query(source.connection, `drop database ${name} with (force)`);
      await query(source.connection, `drop role ${name}`);
    },
  };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const load = (connection: pg.PoolConfig, copy: Copy, gap = 0): Promise<void> =>
  loadSnapshot(connection, copy.counters, {
    gap,
    work: async ({ fill }) => {
      for (const table of copy.tables) await fill(table, only(copy.rows.get(table.name) ?? Buffer.alloc(0)));
    },
  });

describe('a snapshot', () => {
  it('comes back the same in a database of somebody who is no superuser', async () => {
    const copy = await copyOf(source.connection);
    const plain = await plainDatabase();
    assert.equal(await isUnused(plain.connection), true);
    await migrate(plain.connection, await readMigrations(), createLog('silent'));
    const [, schema = ''] = /^([\s\S]*?)insert/.exec(NASTY) ?? [];
    await query(plain.connection, schema);
    await load(plain.connection, copy, 1000);
    assert.equal(await isUnused(plain.connection), false);
    assert.deepEqual((await copyOf(plain.connection)).rows, copy.rows);
    const rows = `select * from probe_child order by id`;
    assert.deepEqual(
      await query({ ...source.connection, database: plain.connection.database }, rows),
      await query(source.connection, rows),
    );
    // Ids that were given out go to nobody else, also those of rows that are gone.
    const [next] = await query(
      plain.connection,
      `set role waybill_system; insert into probe_child (org_id) values ('${ORG}') returning id`,
    );
    assert.equal(next?.['id'], 1004);
    const open = await query(
      plain.connection,
      `select relname from pg_class where relrowsecurity and not relforcerowsecurity`,
    );
    assert.deepEqual(open, []);
    await plain.drop();
  });

  it('is of one moment, whatever is written meanwhile', async () => {
    const event = { orgId: ORG, type: 'probe.done', data: {} };
    await source.db.asSystem((tx) => emit(tx, event));
    const copy = await copyOf(source.connection, () => source.db.asSystem((tx) => emit(tx, event)));
    assert.equal(copy.rows.get('ground_outbox')?.toString().split('\n').length, 2);
    assert.deepEqual(
      (await copyOf(source.connection)).rows.get('ground_outbox')?.toString().split('\n').length,
      3,
    );
  });

  it('is loaded whole or not at all', async () => {
    const copy = await copyOf(source.connection);
    const before = await copyOf(source.connection);
    const broken = new Map(copy.rows).set('probe_child', Buffer.from('1\tnonsense\n'));
    await assert.rejects(load(source.connection, { ...copy, rows: broken }));
    assert.deepEqual((await copyOf(source.connection)).rows, before.rows);
    const [forced] = await query(
      source.connection,
      `select count(*)::int as n from pg_class where relname like 'probe%' and relforcerowsecurity`,
    );
    assert.equal(forced?.['n'], 2);
  });

  it('shows every organisation, as the rooms read it', async () => {
    const found = await withSnapshot(source.connection, async ({ tx }) =>
      sql<{ n: number }>`select count(*)::int as n from probe_child`.execute(tx),
    );
    assert.equal(found.rows[0]?.n, 2);
  });
});
