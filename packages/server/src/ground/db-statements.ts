import { createHash } from 'node:crypto';
import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type pg from 'pg';

/** Texts that get a name; each costs memory in every connection. The program has far fewer. */
const MAX_NAMED = 1000;

/**
 * The pool for Kysely, with statements that PostgreSQL parses and plans once per connection: each text with
 * parameters gets a name. A plan that row-level security shaped is made anew for another role (plancache.c
 * "dependsOnRLS"), so no role sees another's.
 */
export function withNamedStatements(pool: pg.Pool): PostgresPool {
  const named = new Map<string, string>();
  const nameOf = (text: string): string | undefined => {
    const known = named.get(text);
    if (known !== undefined || named.size >= MAX_NAMED) return known;
    const name = `w${createHash('sha256').update(text).digest('hex').slice(0, 40)}`;
    named.set(text, name);
    return name;
  };
  // Kysely keeps what it knows of a connection by this object.
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect();
      const known = clients.get(client) ?? wrap(client, nameOf);
      clients.set(client, known);
      return known;
    },
  };
}

function wrap(client: pg.PoolClient, nameOf: (text: string) => string | undefined): PostgresPoolClient {
  const query = (text: string, values: readonly unknown[] = []) => {
    const name = values.length === 0 ? undefined : nameOf(text);
    return client.query({ text, values: [...values], ...(name !== undefined && { name }) });
  };
  return {
    // Kysely's second form, with a cursor, is for streams, which nobody here asks for.
    query: query as unknown as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy),
  };
}
