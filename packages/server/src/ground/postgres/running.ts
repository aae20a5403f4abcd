import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError, messageOf } from '@waybill/core';
import pg from 'pg';

/** Whether a data directory holds an embedded PostgreSQL, running or not. */
export function hasCluster(dataDir: string): boolean {
  return existsSync(join(dataDir, 'pg', 'cluster', 'PG_VERSION'));
}

/**
 * How to reach the embedded PostgreSQL that a server runs over this directory. It lets in the account of that server
 * only. Throws `postgres_not_running`.
 */
export async function runningPostgres(dataDir: string): Promise<pg.PoolConfig> {
  const connection = recorded(dataDir);
  const client = new pg.Client({ ...connection, application_name: 'waybill probe' });
  try {
    await client.connect();
  } catch (cause) {
    throw notRunning(dataDir, messageOf(cause), cause);
  }
  await client.end();
  return connection;
}

function recorded(dataDir: string): pg.PoolConfig {
  try {
    // pid, data directory, start time, port, socket directory, …
    const lines = readFileSync(join(dataDir, 'pg', 'cluster', 'postmaster.pid'), 'utf8').split('\n');
    const [port, host] = [Number(lines[3]), lines[4]];
    if (host && Number.isSafeInteger(port)) return { host, port, user: 'waybill', database: 'waybill' };
  } catch (cause) {
    throw notRunning(dataDir, (cause as NodeJS.ErrnoException).code ?? messageOf(cause), cause);
  }
  throw notRunning(dataDir, 'it is starting or stopping');
}

function notRunning(dataDir: string, why: string, cause?: unknown): CodedError<'postgres_not_running'> {
  return new CodedError(
    'postgres_not_running',
    `a server runs over ${dataDir}, but its PostgreSQL does not let this process in (${why}): run the same command as the user that the server was started by`,
    { cause },
  );
}
