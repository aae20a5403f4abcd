/** All rows of the database at one moment, while others go on writing; and back into an empty one. */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CodedError, messageOf } from '@waybill/core';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import type { Tx } from './db.ts';

export interface TableShape {
  readonly name: string;
  /** Without generated ones, which compute themselves. */
  readonly columns: readonly string[];
}

/** Where a counter stands that gives ids out: ahead of the rows, as rows are also removed. */
export interface IdCounter {
  readonly table: string;
  readonly column: string;
  readonly value: number;
}

export interface Snapshot {
  /** Every organisation's rows, read only. */
  readonly tx: Tx;
  readonly tables: readonly TableShape[];
  readonly counters: readonly IdCounter[];
  readonly migrations: readonly { readonly number: number; readonly name: string; readonly sha256: string }[];
  /** PostgreSQL's COPY text format, UTF-8. One at a time. */
  rowsOf(table: TableShape): Readable;
}

export interface Loader {
  /** Past row-level security: of the restored rows some belong to each organisation. */
  readonly tx: Tx;
  /** As `rowsOf` gave them. */
  fill(table: TableShape, rows: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Texts mean the same whatever the settings of either server. */
const FORMATS = `set local statement_timeout = 0; set local timezone = 'UTC'; set local datestyle = 'ISO, YMD';
  set local intervalstyle = 'postgres'; set local bytea_output = 'hex'; set local extra_float_digits = 1`;

/** What the runner of migrations keeps: a restore runs them again instead. */
const NOT_DUMPED = 'ground_migrations';

/** Repeatable read, as a role that sees every organisation. Throws `database_unavailable`. */
export async function withSnapshot<T>(
  connection: pg.PoolConfig,
  work: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  return inTransaction(connection, 'isolation level repeatable read, read only', async (client, tx) => {
    // As the owner: the counters of the tables are nobody else's to read.
    const counters = await countersOf(client);
    const { rows: migrations } = await client.query<Snapshot['migrations'][number]>(
      `select number, name, sha256 from ${NOT_DUMPED} order by number`,
    );
    const tables = await tablesOf(client);
    await client.query('set local role waybill_system');
    return work({
      tx,
      tables,
      counters,
      migrations,
      rowsOf: (table) => client.query(copyTo(`copy ${target(table)} to stdout`)),
    });
  });
}

/**
 * One transaction over a freshly migrated database: every row of `work`, or none. What migrations themselves have
 * put into tables is replaced. `counters` go on after their value, or `gap` further where ids were given out
 * that the snapshot does not know.
 */
export async function loadSnapshot(
  connection: pg.PoolConfig,
  counters: readonly IdCounter[],
  options: { readonly gap: number; readonly work: (loader: Loader) => Promise<void> },
): Promise<void> {
  await inTransaction(connection, 'isolation level read committed', async (client, tx) => {
    const tables = await tablesOf(client);
    const forced = await forcedTables(client);
    // An owner is no superuser everywhere, and COPY takes no rows under policies.
    for (const name of forced) await client.query(`alter table ${quoted(name)} no force row level security`);
    await client.query(`truncate ${tables.map(({ name }) => quoted(name)).join(', ')}`);
    await options.work({
      tx,
      fill: (table, rows) => pipeline(rows, client.query(copyFrom(`copy ${target(table)} from stdin`))),
    });
    for (const name of forced) await client.query(`alter table ${quoted(name)} force row level security`);
    for (const { table, column, value } of counters) {
      await client.query('select setval(pg_get_serial_sequence($1, $2), $3)', [
        quoted(table),
        column,
        value + options.gap,
      ]);
    }
    await client.query('analyze');
  });
}

/** Tables so that each comes after those that it refers to. */
export async function orderForLoading(
  connection: pg.PoolConfig,
  tables: readonly TableShape[],
): Promise<readonly TableShape[]> {
  const edges = await inTransaction(connection, 'read only', (client) => references(client));
  const ordered: TableShape[] = [];
  const visit = (table: TableShape, path: readonly string[]): void => {
    if (ordered.includes(table)) return;
    if (path.includes(table.name)) throw new TypeError(`tables refer to each other: ${path.join(', ')}`);
    for (const other of tables)
      if (other !== table && edges.has(`${table.name} ${other.name}`)) visit(other, [...path, table.name]);
    ordered.push(table);
  };
  for (const table of tables) visit(table, []);
  return ordered;
}

/** True for a database that no Waybill has used yet. */
export async function isUnused(connection: pg.PoolConfig): Promise<boolean> {
  return inTransaction(connection, 'read only', async (client) => {
    const { rows } = await client.query<{ used: boolean }>(
      `select exists (select 1 from pg_class where relname = '${NOT_DUMPED}') as used`,
    );
    return rows[0]?.used === false;
  });
}

async function inTransaction<T>(
  connection: pg.PoolConfig,
  mode: string,
  work: (client: pg.Client, tx: Tx) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...connection, application_name: 'waybill backup' });
  // A connection that is lost fails the statement under way; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw new CodedError('database_unavailable', `cannot connect to the database (${messageOf(cause)})`, {
      cause,
    });
  }
  try {
    await client.query(`begin ${mode}; ${FORMATS}`);
    const result = await work(client, txOver(client));
    await client.query('commit');
    return result;
  } finally {
    // Without a commit the end of the session rolls back.
    await client.end();
  }
}

/** The rooms' queries, over this very session. */
function txOver(client: pg.Client): Tx {
  const connection = Object.assign(client, { release: () => undefined });
  const pool = { options: {}, connect: async () => connection, end: async () => undefined };
  return new Kysely<{}>({ dialect: new PostgresDialect({ pool }) }) as unknown as Tx;
}

async function tablesOf(client: pg.Client): Promise<readonly TableShape[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and c.relname <> $1 and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     group by c.relname order by c.relname`,
    [NOT_DUMPED],
  );
  return rows;
}

async function countersOf(client: pg.Client): Promise<readonly IdCounter[]> {
  const { rows } = await client.query<{ table: string; column: string; value: string | null }>(
    `select c.relname::text as table, a.attname::text as column,
            pg_sequence_last_value(pg_get_serial_sequence(quote_ident(c.relname), a.attname)::regclass)::text as value
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
       and not a.attisdropped and pg_get_serial_sequence(quote_ident(c.relname), a.attname) is not null
     order by 1, 2`,
  );
  return rows
    .filter((row) => row.value !== null)
    .map(({ table, column, value }) => ({ table, column, value: Number(value) }));
}

async function forcedTables(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname::text as name from pg_class
     where relnamespace = 'public'::regnamespace and relforcerowsecurity`,
  );
  return rows.map(({ name }) => name);
}

async function references(client: pg.Client): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ edge: string }>(
    `select distinct a.relname || ' ' || b.relname as edge
     from pg_constraint k join pg_class a on a.oid = k.conrelid join pg_class b on b.oid = k.confrelid
     where k.contype = 'f'`,
  );
  return new Set(rows.map(({ edge }) => edge));
}

function target({ name, columns }: TableShape): string {
  return `${quoted(name)} (${columns.map(quoted).join(', ')})`;
}

function quoted(name: string): string {
  return pg.escapeIdentifier(name);
}
