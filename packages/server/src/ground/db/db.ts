import { CodedError, messageOf } from '@waybill/core';
import type { Transaction } from 'kysely';
import pg from 'pg';
import type { Logger } from '../log/log.ts';
import { noTracing, type Tracing } from '../observe/tracing.ts';
import { type Connection, connectionOn, statementNames } from './connection.ts';
import { type Lock, takeLock } from './lock.ts';

export type { Lock } from './lock.ts';

/**
 * A transaction. A room sees its own tables through `tx.withTables<ItsTables>()`. Statements run in the order in which
 * they are asked for; `Promise.all` over several that do not need each other's answer saves the waiting between them.
 */
export type Tx = Transaction<{}>;

export interface Db {
  /** One transaction under role waybill_app with waybill.org set: RLS shows this organisation only. */
  withOrg<T>(orgId: string, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** One transaction under role waybill_system: every organisation, and the tables that belong to none. */
  asSystem<T>(work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * A session lock on a connection of its own; null when somebody else holds it. A holder that does work
   * which must have one doer MUST stop when `lost` resolves.
   */
  tryLock(key: string): Promise<Lock | null>;
  /** Connections of the pool, and transactions that wait for one. */
  pool(): { readonly total: number; readonly idle: number; readonly waiting: number };
  /** Throws `database_unavailable` within three seconds when the database does not answer. */
  ping(): Promise<void>;
  /** Waits for the running transactions, and until the connections are gone. */
  close(): Promise<void>;
}

export interface TransactionOptions {
  /**
   * The work asks for all its statements before it awaits any: they travel with begin and commit, as one exchange.
   * A statement that it asks for later is refused.
   */
  readonly atOnce?: boolean;
}

export interface DbOptions {
  readonly connection: pg.PoolConfig;
  readonly log: Logger;
  readonly tracing?: Tracing;
  readonly maxConnections?: number;
  /** A statement that runs longer is cancelled: `database_timeout`. 30 s unless told. */
  readonly statementTimeoutMs?: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const PING_TIMEOUT_MS = 3000;
const CLOSE_TIMEOUT_MS = 1000;

/** bigint as number: our counters stay below 2^53, and beyond it a silent rounding is refused. */
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a number`);
  return value;
});

export function openDb(options: DbOptions): Db {
  const pool = new pg.Pool({
    ...options.connection,
    max: options.maxConnections ?? 12,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    idle_in_transaction_session_timeout: 60_000,
    application_name: 'waybill',
    keepAlive: true,
    pipeline: true,
  });
  // The error itself carries the whole client, with the key that cancels its statements.
  const lost = (error: Error): void =>
    options.log.warn({ reason: messageOf(error) }, 'database connection lost');
  // Without listeners a connection that the server closes would end the process; each loss is said by its client.
  pool.on('error', () => undefined);
  const open = new Set<Promise<unknown>>();
  pool.on('connect', (client) => {
    client.on('error', lost);
    const ended = new Promise((report) => client.once('end', report));
    open.add(ended);
    void ended.then(() => open.delete(ended));
  });
  const { tracing = noTracing } = options;
  const transact = traced(transactor(pool), tracing);
  return {
    withOrg: async (orgId, work, options = {}) =>
      transact({ role: 'waybill_app', orgId: organisation(orgId), ...options }, work),
    asSystem: async (work, options = {}) => transact({ role: 'waybill_system', orgId: '', ...options }, work),
    tryLock: async (key) => coded(() => takeLock(options.connection, key, options.log)),
    pool: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    ping: async () => coded(() => ping(pool)),
    async close() {
      // The pool does not wait until its connections are gone: a PostgreSQL that stops next would cut them off.
      await pool.end();
      await within(CLOSE_TIMEOUT_MS, Promise.all(open));
    },
  };
}

/** A transaction of the database is a span of whatever trace is under way. */
function traced(transact: Transact, tracing: Tracing): Transact {
  return (frame, work) =>
    tracing.span('transaction', { 'db.system.name': 'postgresql', 'waybill.role': frame.role }, () =>
      transact(frame, work),
    );
}

interface Frame extends TransactionOptions {
  readonly role: 'waybill_app' | 'waybill_system';
  readonly orgId: string;
}

type Transact = <T>(frame: Frame, work: (tx: Tx) => Promise<T>) => Promise<T>;

function transactor(pool: pg.Pool): Transact {
  const names = statementNames();
  const connections = new WeakMap<pg.PoolClient, Connection>();
  return (frame, work) =>
    coded(async () => {
      const client = await pool.connect();
      const connection = connections.get(client) ?? connectionOn(client, names);
      connections.set(client, connection);
      let broken = true;
      try {
        const result = await inTransaction(connection, frame, work);
        broken = false;
        return result;
      } catch (error) {
        broken = !(await rolledBack(connection, error));
        throw error;
      } finally {
        client.release(broken);
      }
    });
}

async function inTransaction<T>(
  connection: Connection,
  { role, orgId, atOnce = false }: Frame,
  work: (tx: Tx) => Promise<T>,
): Promise<T> {
  const { queries, close } = connection.open();
  try {
    // Sent with the first statement: when it fails, that one finds an aborted transaction. set_config(…, true) is
    // SET LOCAL: role and organisation end with the transaction. Both texts are ours, and cannot be misread.
    const begun = connection.run(
      `begin; select set_config('role', '${role}', true), set_config('waybill.org', '${orgId}', true)`,
    );
    // Also what it throws before its first await must leave no begin behind that nobody hears of.
    const working = (async () => work(queries as Tx))();
    const commit = (): Promise<string> => {
      close();
      return connection.run('commit');
    };
    const early = atOnce ? nextTick().then(commit) : undefined;
    const [start, done] = await Promise.allSettled([begun, working, early]);
    if (start.status === 'rejected') throw start.reason;
    if (done.status === 'rejected') throw done.reason;
    // PostgreSQL answers a commit with ROLLBACK when a statement failed and the work went on regardless.
    if ((await (early ?? commit())) === 'ROLLBACK') {
      throw new Error('a transaction that a statement had aborted cannot be committed');
    }
    return done.value;
  } finally {
    close();
  }
}

/** By then all that a function asks for without awaiting an answer is on its way. */
function nextTick(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}

/** False for a dead connection, which the pool then drops; what went wrong first is what counts. */
async function rolledBack(connection: Connection, cause: unknown): Promise<boolean> {
  try {
    await connection.run('rollback');
    return true;
  } catch (error) {
    if (isConnectionFailure((error as { code?: unknown }).code, messageOf(error))) return false;
    throw new AggregateError([cause, error], 'a transaction could not be rolled back');
  }
}

function organisation(orgId: string): string {
  if (UUID.test(orgId)) return orgId;
  throw new CodedError(
    'database_org_invalid',
    `withOrg: expected the id of an organisation (a UUID), found ${JSON.stringify(orgId)}`,
  );
}

/** Resolves with the work, or after the time: whatever is left then ends by itself. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((report) => {
    timer = setTimeout(report, timeoutMs);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}

async function ping(pool: pg.Pool): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(unavailable(`no answer within ${PING_TIMEOUT_MS} ms`)), PING_TIMEOUT_MS);
  });
  try {
    await Promise.race([pool.query('select 1'), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Gives the failures that are not the statement's own fault a code; everything else passes as it is. */
async function coded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const state = (error as { code?: unknown }).code;
    if (state === '57014') {
      throw new CodedError(
        'database_timeout',
        'the database cancelled a statement that ran too long: try again',
        { cause: error },
      );
    }
    if (isConnectionFailure(state, messageOf(error))) throw unavailable(reasonOf(state), error);
    throw error;
  }
}

/** The driver's message names hosts, ports and sockets of the server: only its code is for a stranger. */
function reasonOf(state: unknown): string {
  return typeof state === 'string' && /^[A-Z0-9_]+$/.test(state) ? state : 'connection lost';
}

/** SQLSTATE class 08 (but a protocol violation is a statement of ours), 57P0x (shutdown, starting up), 53300 (too many connections), and the driver's own. */
function isConnectionFailure(state: unknown, message: string): boolean {
  if (
    typeof state === 'string' &&
    /^(08(?!P01)|57P0|53300|ECONN|ENOENT|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH)/.test(state)
  )
    return true;
  return /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed)/.test(
    message,
  );
}

function unavailable(reason: string, cause?: unknown): CodedError<'database_unavailable'> {
  return new CodedError(
    'database_unavailable',
    `the database does not answer (${reason}): try again shortly`,
    { cause },
  );
}
