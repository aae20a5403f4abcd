import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodedError, messageOf } from '@waybill/core';
import pg from 'pg';
import type { Logger } from '../log/log.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
  readonly text: string;
}

const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../../../migrations/', import.meta.url));

/** PostgreSQL 16 is the first that tells apart who may grant a role and who may become it. */
const MIN_SERVER_VERSION = 160_000;
const LOCK = `hashtextextended('waybill migrations', 0)`;

/** `NNNN-room.sql`, in order. Throws `migration_files` for a gap, a duplicate or another name. */
export async function readMigrations(
  directory: string = MIGRATIONS_DIRECTORY,
): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted();
  const found = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(directory, name), 'utf8');
      const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1]);
      return { number, name, text, sha256: createHash('sha256').update(text).digest('hex') };
    }),
  );
  for (const [index, migration] of found.entries()) {
    if (
      Number.isNaN(migration.number) ||
      (index > 0 && migration.number <= (found[index - 1]?.number ?? 0))
    ) {
      throw new CodedError(
        'migration_files',
        `${migration.name}: expected NNNN-room.sql with a number of its own`,
      );
    }
  }
  return found;
}

/**
 * Brings the database to the state of `migrations`, all pending ones in one transaction, one migrator at a time.
 * Throws `migration_newer_database`, `migration_changed`, `migration_failed`, `database_role_rights`,
 * `database_version`, `database_unavailable`; the database is then as it was.
 */
export async function migrate(
  connection: pg.PoolConfig,
  migrations: readonly Migration[],
  log: Logger,
): Promise<void> {
  const client = new pg.Client({ ...connection, application_name: 'waybill migrations' });
  client.on('error', (error) => log.warn({ err: error }, 'database connection lost'));
  try {
    await client.connect();
  } catch (cause) {
    throw new CodedError(
      'database_unavailable',
      `cannot connect to the database (${messageOf(cause)}): check WAYBILL_DATABASE_URL and that PostgreSQL runs`,
      { cause },
    );
  }
  try {
    await assertVersion(client);
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(${LOCK})`);
    await ensureRoles(client);
    const pending = await pendingOf(client, migrations);
    for (const migration of pending) await apply(client, migration, log);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch((cause: unknown) => log.warn({ err: cause }, 'rollback failed'));
    throw error;
  } finally {
    await client.end();
  }
}

async function assertVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>(
    `select current_setting('server_version_num') as version`,
  );
  const version = Number(rows[0]?.version);
  if (version >= MIN_SERVER_VERSION) return;
  throw new CodedError(
    'database_version',
    `the database is PostgreSQL ${Math.floor(version / 10_000)}: Waybill needs 16 or later`,
  );
}

/** The roles belong to the cluster, not to one database: they are looked for at every start. */
async function ensureRoles(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; known: boolean; usable: boolean }>(
    `select name, r.oid is not null as known,
            r.oid is not null and pg_has_role(current_user, r.oid, 'SET') as usable
     from unnest(array['waybill_app', 'waybill_system']) as name left join pg_roles r on r.rolname = name`,
  );
  try {
    for (const role of rows) {
      // Two databases of one cluster may be migrated at the same moment: another lock than ours guards roles.
      if (!role.known) await createRole(client, role.name);
      if (!role.usable) await client.query(`grant ${role.name} to current_user`);
    }
  } catch (cause) {
    throw new CodedError(
      'database_role_rights',
      `the database user may not set up the roles waybill_app and waybill_system (${messageOf(cause)}). As an administrator run: create role waybill_app nologin; create role waybill_system nologin; grant waybill_app, waybill_system to "<the user of WAYBILL_DATABASE_URL>"; or give that user CREATEROLE`,
      { cause },
    );
  }
}

async function createRole(client: pg.Client, name: string): Promise<void> {
  await client.query(
    `do $$ begin create role ${name} nologin; exception when duplicate_object or unique_violation then null; end $$`,
  );
}

async function pendingOf(client: pg.Client, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  await client.query(`create table if not exists ground_migrations (
    number integer primary key, name text not null, sha256 text not null,
    applied_at timestamptz not null default now())`);
  const { rows } = await client.query<{ number: number; name: string; sha256: string }>(
    'select number, name, sha256 from ground_migrations order by number',
  );
  const known = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const row of rows) assertKnown(row, known);
  const applied = new Set(rows.map((row) => row.number));
  return migrations.filter((migration) => !applied.has(migration.number));
}

function assertKnown(
  row: { number: number; name: string; sha256: string },
  known: ReadonlyMap<number, Migration>,
): void {
  const migration = known.get(row.number);
  if (migration === undefined) {
    throw new CodedError(
      'migration_newer_database',
      `the database has migration ${row.name}, which this program does not know: it was used by a newer Waybill. Start that version, or restore a backup made before the update`,
    );
  }
  if (migration.sha256 === row.sha256) return;
  throw new CodedError(
    'migration_changed',
    `migration ${basename(migration.name)} differs from the one that was applied to this database (sha256 ${row.sha256.slice(0, 12)}… there, ${migration.sha256.slice(0, 12)}… here): an applied migration is never edited, write a new one; in development, delete the data directory`,
  );
}

async function apply(client: pg.Client, migration: Migration, log: Logger): Promise<void> {
  try {
    await client.query(migration.text);
    await client.query('insert into ground_migrations (number, name, sha256) values ($1, $2, $3)', [
      migration.number,
      migration.name,
      migration.sha256,
    ]);
    log.info({ migration: migration.name }, 'migration applied');
  } catch (cause) {
    throw new CodedError('migration_failed', `migration ${migration.name}: ${describe(cause, migration)}`, {
      cause,
    });
  }
}

/** PostgreSQL gives the character at which it stumbled; a person wants the line. */
function describe(cause: unknown, migration: Migration): string {
  const position = Number((cause as { position?: unknown }).position);
  if (!Number.isInteger(position)) return messageOf(cause);
  return `${messageOf(cause)} (line ${migration.text.slice(0, position).split('\n').length})`;
}
