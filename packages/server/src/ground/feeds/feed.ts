import type { Json } from '@waybill/core/bytes';
import { sql } from 'kysely';
import type { Tx } from '../db/db.ts';
import type { AuditRow } from './audit.ts';
import type { OutboxEvent } from './outbox.ts';

/** A place in a feed. Both parts count: in the order by id alone a transaction that commits late is never seen. */
export interface Position {
  /** xid8 as text. */
  readonly xid: string;
  readonly id: number;
}

export interface Entry<E> {
  readonly position: Position;
  /** null for what belongs to no organisation. */
  readonly orgId: string | null;
  readonly type: string;
  readonly event: E;
}

/** A table whose rows are stamped with the transaction that wrote them, read in the order of commits. */
export interface Feed<E> {
  readonly name: 'outbox' | 'audit';
  readonly table: string;
  /** Its columns besides id, xid and org_id; `type` and `at` among them. */
  readonly columns: string;
  toEvent(row: FeedRow): E;
}

export interface FeedRow {
  readonly id: number;
  readonly stamp: string;
  readonly org_id: string | null;
  readonly type: string;
  readonly at: Date;
  readonly [column: string]: unknown;
}

export interface FollowedEvent extends OutboxEvent {
  /** Known to each delivery of the same event. */
  readonly id: number;
  readonly at: Date;
}

export interface AuditRecord extends Omit<AuditRow, 'detail' | 'requestId'> {
  readonly id: number;
  readonly at: Date;
  readonly detail: Json;
  readonly requestId: string | null;
}

export const OUTBOX_FEED: Feed<FollowedEvent> = {
  name: 'outbox',
  table: 'ground_outbox',
  columns: 'type, data, created_at as at',
  toEvent: (row) => ({
    id: row.id,
    orgId: row.org_id as string,
    type: row.type,
    data: row['data'] as Json,
    at: row.at,
  }),
};

export const AUDIT_FEED: Feed<AuditRecord> = {
  name: 'audit',
  table: 'ground_audit',
  columns: 'action as type, at, actor, target, outcome, detail, request_id',
  toEvent: (row) => ({
    id: row.id,
    at: row.at,
    orgId: row.org_id,
    actor: row['actor'] as string,
    action: row.type,
    target: row['target'] as string,
    outcome: row['outcome'] as AuditRecord['outcome'],
    detail: row['detail'] as Json,
    requestId: row['request_id'] as string | null,
  }),
};

export const FEEDS = { outbox: OUTBOX_FEED, audit: AUDIT_FEED } as const;

/**
 * What comes after a position, in order. A row is shown once every transaction that began before its own has ended:
 * from then on nothing can appear before it.
 */
export async function readAfter<E>(
  tx: Tx,
  feed: Feed<E>,
  after: Position & { readonly limit: number },
): Promise<readonly Entry<E>[]> {
  const { rows } = await sql<FeedRow>`
    select ${columnsOf(feed)} from ${sql.table(feed.table)} as feed
    where (feed.xid, feed.id) > (${after.xid}::xid8, ${after.id}::bigint)
      and feed.xid < pg_snapshot_xmin(pg_current_snapshot())
    order by feed.xid, feed.id limit ${after.limit}`.execute(tx);
  return rows.map((row) => entryOf(feed, row));
}

/** Those of the ids that are there, in the order of the feed. */
export async function readByIds<E>(
  tx: Tx,
  feed: Feed<E>,
  ids: readonly number[],
): Promise<readonly Entry<E>[]> {
  const { rows } = await sql<FeedRow>`
    select ${columnsOf(feed)} from ${sql.table(feed.table)} as feed
    where feed.id = any(${ids}::bigint[]) order by feed.xid, feed.id`.execute(tx);
  return rows.map((row) => entryOf(feed, row));
}

/** The stamp has a name of its own: `order by` prefers a result column, and as text 10 comes before 9. */
function columnsOf(feed: Feed<unknown>) {
  return sql.raw(`feed.id, feed.xid::text as stamp, feed.org_id, ${feed.columns}`);
}

function entryOf<E>(feed: Feed<E>, row: FeedRow): Entry<E> {
  const position = { xid: row.stamp, id: row.id };
  return { position, orgId: row.org_id, type: row.type, event: feed.toEvent(row) };
}
