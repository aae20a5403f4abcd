import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type Db, migrate, openDb, readMigrations, startPostgres } from '@waybill/server/ground';
import pg from 'pg';
import { tempDir } from './temp-dir.ts';

export interface TestDatabase {
  readonly db: Db;
  /** For a client of one's own. The user of the connection is a superuser: it sees past row-level security. */
  readonly connection: pg.PoolConfig;
  readonly url: string;
  close(): Promise<void>;
}

export interface TestPostgres {
  readonly connection: pg.PoolConfig;
  stop(): Promise<void>;
}

/** Where the one server of a whole test run tells the test files how to reach it (JSON, a pg.PoolConfig). */
export const TEST_PG = 'WAYBILL_TEST_PG';

const log = createLog(process.env['WAYBILL_TEST_LOG'] === undefined ? 'silent' : 'debug');

/** A database of its own for this test file, with all migrations; made from a template in about 50 ms. */
export async function testDatabase(): Promise<TestDatabase> {
  const shared = process.env[TEST_PG];
  const server = shared === undefined ? await startTestPostgres() : null;
  const base = server?.connection ?? (JSON.parse(shared ?? '{}') as pg.PoolConfig);
  const name = `test_${randomBytes(6).toString('hex')}`;
  try {
    await cloneTemplate(base, name);
  } catch (error) {
    await server?.stop();
    throw error;
  }
  const connection = { ...base, database: name };
  const db = openDb({ connection, log, maxConnections: 8 });
  return {
    db,
    connection,
    url: urlOf(connection),
    async close() {
      await db.close();
      if (server) await server.stop();
      else await administer(base, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** The rows of one statement, as the user of the connection sees them. */
export async function rowsOf<T>(
  connection: pg.PoolConfig,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly T[]> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as T[];
  } finally {
    await client.end();
  }
}

/** A throw-away server: everything real but the waiting for the disk. */
export async function startTestPostgres(): Promise<TestPostgres> {
  await removeAbandoned();
  const directory = await tempDir(`waybill-pg-${process.pid}-`);
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
  };
  const server = await startPostgres({ dataDir: directory.path, log, settings });
  return {
    connection: server.connection,
    async stop() {
      await server.stop();
      await directory.remove();
    },
  };
}

/** A test run that was killed leaves 100 MB behind, in a directory that bears its process id. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^waybill-pg-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    // Another user's is not ours to remove.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The migrated template, named by what it is made of: another set of migrations is another template. */
export async function ensureTemplate(base: pg.PoolConfig): Promise<string> {
  const migrations = await readMigrations();
  const fingerprint = createHash('sha256')
    .update(migrations.map((m) => m.sha256).join(' '))
    .digest('hex');
  const name = `template_${fingerprint.slice(0, 16)}`;
  await administer(base, async (client) => {
    // Test files start side by side; the first one builds, the others wait.
    await client.query(`select pg_advisory_lock(hashtextextended('waybill test template', 0))`);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount !== 0) return;
    const building = `${name}_new`;
    await client.query(`drop database if exists ${building} with (force)`);
    await client.query(`create database ${building}`);
    await migrate({ ...base, database: building }, migrations, log);
    await client.query(`alter database ${building} rename to ${name}`);
  });
  return name;
}

async function cloneTemplate(base: pg.PoolConfig, name: string): Promise<void> {
  const template = await ensureTemplate(base);
  await administer(base, async (client) => {
    // PostgreSQL refuses two copies of one template at the same moment.
    await client.query(`select pg_advisory_lock(hashtextextended('waybill test clone', 0))`);
    await client.query(`create database ${name} template ${template} strategy file_copy`);
  });
}

async function administer(base: pg.PoolConfig, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ ...base, database: 'postgres' });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** `postgres://waybill@/test_…?host=/socket/directory` */
function urlOf(connection: pg.PoolConfig): string {
  const host = encodeURIComponent(connection.host ?? '');
  return `postgres://${connection.user}@localhost/${connection.database}?host=${host}&port=${connection.port}`;
}
