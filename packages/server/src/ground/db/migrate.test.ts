import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import pg from 'pg';
import { writeAudit } from '../feeds/audit.ts';
import { createLog } from '../log/log.ts';
import { openDb } from './db.ts';
import { type Migration, migrate, readMigrations } from './migrate.ts';

const log = createLog('silent');
let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.close());

const migration = (number: number, text: string): Migration => ({
  number,
  name: `${String(number).padStart(4, '0')}-probe.sql`,
  text,
  sha256: createHash('sha256').update(text).digest('hex'),
});
const coded =
  (code: string) =>
  (error: unknown): boolean =>
    isCoded(error, code) || assert.fail(String(error));

async function query(
  text: string,
  connection: pg.PoolConfig = t.connection,
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function tables(): Promise<readonly unknown[]> {
  return (await query(`select tablename from pg_tables where tablename like 'probe_m%' order by 1`)).map(
    (row) => row['tablename'],
  );
}

describe('migrate', () => {
  it('applies what is pending, once, also when two start together', async () => {
    const known = await readMigrations();
    const next = [...known, migration(9001, 'create table probe_m1 (n int)')];
    await Promise.all([migrate(t.connection, next, log), migrate(t.connection, next, log)]);
    await migrate(t.connection, next, log);
    assert.deepEqual(await tables(), ['probe_m1']);
  });

  it('applies all or nothing, and names file and line of a mistake', async () => {
    const known = [...(await readMigrations()), migration(9001, 'create table probe_m1 (n int)')];
    const broken = [
      ...known,
      migration(9002, 'create table probe_m2 (n int)'),
      migration(9003, 'select 1;\n\nselct 2'),
    ];
    await assert.rejects(migrate(t.connection, broken, log), (error: unknown) => {
      assert.ok(isCoded(error, 'migration_failed'));
      assert.match(error.message, /9003-probe\.sql: syntax error at or near "selct" \(line 3\)/);
      return true;
    });
    assert.deepEqual(await tables(), ['probe_m1']);
  });

  it('refuses a database of a newer program, and a migration that was edited', async () => {
    const known = await readMigrations();
    await assert.rejects(migrate(t.connection, known, log), coded('migration_newer_database'));
    await assert.rejects(
      migrate(t.connection, [...known, migration(9001, 'select 1')], log),
      coded('migration_changed'),
    );
  });

  it('says what an administrator must do for a user without CREATEROLE', async () => {
    const name = `plain_${randomBytes(4).toString('hex')}`;
    await query(`create role ${name} login`);
    const connection = { ...t.connection, options: `-c role=${name}` };
    await assert.rejects(migrate(connection, await readMigrations(), log), (error: unknown) => {
      assert.ok(isCoded(error, 'database_role_rights'));
      assert.match(error.message, /grant waybill_app, waybill_system to/);
      return true;
    });
    await query(`drop role ${name}`);
  });

  it('serves a user who owns the database and was granted the roles, no superuser', async () => {
    const name = `owner_${randomBytes(4).toString('hex')}`;
    await query(`create role ${name} login`);
    await query(`grant waybill_app, waybill_system to ${name}`);
    await query(`create database ${name} owner ${name}`);
    const connection = { ...t.connection, database: name, options: `-c role=${name}` };
    await migrate(connection, await readMigrations(), log);
    const db = openDb({ connection, log });
    await db.asSystem((tx) =>
      writeAudit(tx, { orgId: null, actor: 'x', action: 'probe.do', target: '-', outcome: 'ok' }),
    );
    await db.close();
    await query(`drop database ${name} with (force)`);
    await query(`drop role ${name}`);
  });

  it('says that it cannot connect, without the password', async () => {
    const connection = { connectionString: 'postgres://u:hunter2@127.0.0.1:1/d' };
    await assert.rejects(migrate(connection, [], log), (error: unknown) => {
      assert.ok(isCoded(error, 'database_unavailable'));
      return !error.message.includes('hunter2');
    });
  });
});

describe('readMigrations', () => {
  it('refuses a file without a number of its own', async () => {
    await using directory = await tempDir();
    for (const [folder, names] of [
      ['a', ['0001-x.sql', '0001-y.sql']],
      ['b', ['first.sql']],
    ] as const) {
      await mkdir(join(directory.path, folder));
      for (const name of names) await writeFile(join(directory.path, folder, name), '');
      await assert.rejects(readMigrations(join(directory.path, folder)), coded('migration_files'));
    }
  });
});

describe('the migrations', () => {
  it('leave no table open: each has row-level security or is out of reach of waybill_app', async () => {
    const rows = await query(`
      select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname not like 'probe%'
        and has_table_privilege('waybill_app', c.oid, 'select, insert, update, delete')
        and not (c.relrowsecurity and c.relforcerowsecurity)`);
    assert.deepEqual(rows, []);
  });
});
