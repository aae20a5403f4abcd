import pg from 'pg';
import type { Logger } from '../log/log.ts';

export interface Lock {
  release(): Promise<void>;
  /** Resolves when the connection, and with it the lock, is gone without release() having been called. */
  readonly lost: Promise<void>;
}

const HEARTBEAT_MS = 5000;

/**
 * An advisory lock lives as long as its session, so it gets a session of its own. A connection that is cut
 * without a word (a network that drops packets) shows itself by a heartbeat that gets no answer.
 */
export async function takeLock(connection: pg.PoolConfig, key: string, log: Logger): Promise<Lock | null> {
  const client = new pg.Client({
    ...connection,
    connectionTimeoutMillis: 10_000,
    query_timeout: HEARTBEAT_MS,
    application_name: `waybill lock ${key}`.slice(0, 63),
    keepAlive: true,
  });
  let released = false;
  let report: () => void = () => undefined;
  const lost = new Promise<void>((resolve) => {
    report = resolve;
  });
  let heartbeat: NodeJS.Timeout | undefined;
  const onLoss = (error?: unknown): void => {
    clearInterval(heartbeat);
    if (released) return;
    released = true;
    log.warn({ err: error, lock: key }, 'the connection that held a lock is lost');
    report();
    void client.end().catch(() => undefined);
  };
  client.on('error', onLoss);
  client.on('end', () => onLoss());
  try {
    await client.connect();
    const answer = await client.query<{ got: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as got',
      [key],
    );
    if (answer.rows[0]?.got !== true) {
      released = true;
      await client.end();
      return null;
    }
  } catch (error) {
    released = true;
    await client.end().catch(() => undefined);
    throw error;
  }
  heartbeat = setInterval(() => void client.query('select 1').catch(onLoss), HEARTBEAT_MS);
  heartbeat.unref();
  return {
    lost,
    async release() {
      clearInterval(heartbeat);
      if (released) return;
      released = true;
      await client.end();
    },
  };
}
