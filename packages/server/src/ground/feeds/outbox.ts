import type { Json } from '@waybill/core/bytes';
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/db.ts';
import type { Gauge, Metrics } from '../observe/metrics.ts';

export interface OutboxEvent {
  readonly orgId: string;
  /** `<room>.<what happened>`, for example `attestation.accepted`. */
  readonly type: string;
  /** Ids and digests only: a follower reads the rest through the room's door. */
  readonly data: Json;
}

/** Records events, in their order, in the transaction of the change that they tell of: all happen or none. */
export async function emit(tx: Tx, events: OutboxEvent | readonly OutboxEvent[]): Promise<void> {
  const all = [events].flat();
  const [orgs, types] = [all.map(({ orgId }) => orgId), all.map(({ type }) => type)];
  const data = all.map((event) => JSON.stringify(event.data));
  await sql`insert into ground_outbox (org_id, type, data)
            select * from unnest(${orgs}::uuid[], ${types}::text[], ${data}::jsonb[])`.execute(tx);
}

export interface OutboxMetrics {
  readonly rows: Gauge<Record<never, never>>;
  readonly oldestAge: Gauge<Record<never, never>>;
}

export function outboxMetrics(metrics: Metrics): OutboxMetrics {
  return {
    rows: metrics.gauge({
      name: 'waybill_outbox_rows',
      help: 'Events in the outbox, as the statistics of PostgreSQL estimate them',
      labels: {},
    }),
    oldestAge: metrics.gauge({
      name: 'waybill_outbox_oldest_age_seconds',
      help: 'Age of the oldest event in the outbox; 0 when it is empty',
      labels: {},
    }),
  };
}

/** What lies in the outbox, read when somebody asks for the figures. */
export function measureOutbox(db: Db, metrics: OutboxMetrics): void {
  // Counting for real would read every row each time.
  const estimate = sql<Figure>`
    select n_live_tup::float8 as value from pg_stat_user_tables where relname = 'ground_outbox'`;
  const age = sql<Figure>`
    select extract(epoch from now() - created_at)::float8 as value
    from ground_outbox order by xid, id limit 1`;
  metrics.rows.read(() => figure(db, estimate));
  metrics.oldestAge.read(() => figure(db, age));
}

interface Figure {
  readonly value: number;
}

async function figure(db: Db, query: RawBuilder<Figure>) {
  const { rows } = await db.asSystem((tx) => query.execute(tx));
  return [{ labels: {}, value: rows[0]?.value ?? 0 }];
}
