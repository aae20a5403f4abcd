import { createHash } from 'node:crypto';
import {
  type CompiledQuery,
  type DatabaseConnection,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type pg from 'pg';

/** A connection of the pool, as a transaction uses it. */
export interface Connection {
  /** Queries for one transaction; several that are not awaited one by one travel together. */
  open(): OpenQueries;
  /** A statement of ours without parameters, in the same order; its command tag. */
  run(text: string): Promise<string>;
}

export interface OpenQueries {
  readonly queries: Kysely<{}>;
  /** At the end of the transaction: a statement that comes later would run in the next one, for another tenant. */
  close(): void;
}

/** Texts that get a name; each costs memory in every connection. The program has far fewer. */
const MAX_NAMED = 1000;

export type StatementNames = (text: string) => string | undefined;

/**
 * Names for statements that PostgreSQL then parses once per connection. A plan that row-level security shaped is made
 * anew for another role (plancache.c "dependsOnRLS"), so no role sees another's.
 */
export function statementNames(): StatementNames {
  const named = new Map<string, string>();
  return (text) => {
    const known = named.get(text);
    if (known !== undefined || named.size >= MAX_NAMED) return known;
    const name = `w${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
    named.set(text, name);
    return name;
  };
}

/**
 * Each statement is sent when it is asked for, not when the one before is answered (PostgreSQL protocol
 * "Pipelining"): order and errors are as if it were. All that is sent in one turn of the event loop is one write.
 */
export function connectionOn(client: pg.PoolClient, nameOf: StatementNames): Connection {
  const flush = flusherOf(client);
  const send = (query: pg.QueryConfig) => {
    flush();
    return client.query(query);
  };
  const executeQuery = async <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> => {
    const name = parameters.length === 0 ? undefined : nameOf(sql);
    const result = await send({ text: sql, values: [...parameters], ...(name !== undefined && { name }) });
    const changed = /^(?:INSERT|UPDATE|DELETE|MERGE)$/.test(result.command);
    return { rows: result.rows as R[], ...(changed && { numAffectedRows: BigInt(result.rowCount ?? 0) }) };
  };
  return {
    open() {
      let over = false;
      const within = <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
        if (over) throw new Error('a statement came after the end of its transaction: is an await missing?');
        return executeQuery<R>(query);
      };
      const close = (): void => {
        over = true;
      };
      return { queries: kyselyOn({ executeQuery: within, streamQuery: unused }), close };
    },
    run: async (text) => (await send({ text })).command,
  };
}

/** Holds back what is written until the callbacks that are due now have run. */
function flusherOf(client: pg.PoolClient): () => void {
  // pg corks its own statements in the same way; the type does not show the socket.
  const { stream } = (client as unknown as { connection: { stream: NodeJS.WritableStream } }).connection;
  const socket = stream as NodeJS.WritableStream & { cork(): void; uncork(): void };
  let held = false;
  return () => {
    if (held) return;
    held = true;
    socket.cork();
    setImmediate(() => {
      held = false;
      socket.uncork();
    });
  };
}

/** Kysely over one connection that somebody else holds: it begins, ends and waits for nothing itself. */
function kyselyOn(connection: DatabaseConnection): Kysely<{}> {
  return new Kysely<{}>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createDriver: () => ({
        init: async () => undefined,
        acquireConnection: async () => connection,
        releaseConnection: async () => undefined,
        beginTransaction: unused,
        commitTransaction: unused,
        rollbackTransaction: unused,
        destroy: async () => undefined,
      }),
    },
  });
}

function unused(): never {
  throw new Error('transactions are opened by withOrg and asSystem, and nothing is streamed');
}
