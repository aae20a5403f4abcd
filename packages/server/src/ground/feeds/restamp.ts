import { sql } from 'kysely';
import type { Db, Tx } from '../db/db.ts';
import type { Logger } from '../log/log.ts';
import { FEEDS, type Feed, type Position } from './feed.ts';

/**
 * After a logical restore the counter of transactions starts low again, while rows and positions carry stamps of the
 * old cluster: nothing old would be delivered, and nothing new for a long time. Such stamps, which no transaction
 * that has ended can have made, become this transaction's. Their order is then that of their ids, and a follower
 * goes back to before the first event it had not seen. MUST run before anything is written.
 */
export async function restampFeeds(db: Db, log: Logger): Promise<void> {
  for (const feed of Object.values(FEEDS)) {
    const rows = await db.asSystem((tx) => restamp(tx, feed));
    if (rows > 0) log.warn({ feed: feed.name, rows }, 'stamps of another cluster: the feed was stamped anew');
  }
}

const FOREIGN = sql`xid >= pg_snapshot_xmax(pg_current_snapshot())`;

async function restamp(tx: Tx, feed: Feed<unknown>): Promise<number> {
  const table = sql.table(feed.table);
  // As many rows as there are: it takes its time.
  await sql`set local statement_timeout = 0`.execute(tx);
  // Another replica that starts at the same moment waits, and finds nothing left to do.
  await sql`select pg_advisory_xact_lock(hashtextextended('waybill restamp', 0))`.execute(tx);
  const { rows: followers } = await sql<Position & { name: string }>`
    select name, xid::text as xid, id from ground_followers where feed = ${feed.name} and ${FOREIGN}`.execute(
    tx,
  );
  const places: { readonly name: string; readonly id: number }[] = [];
  for (const { name, xid, id } of followers) {
    const { rows } = await sql<{ id: number }>`
      select coalesce((select min(id) - 1 from ${table} where (xid, id) > (${xid}::xid8, ${id}::bigint)),
                      (select max(id) from ${table}), 0) as id`.execute(tx);
    places.push({ name, id: rows[0]?.id ?? 0 });
  }
  const { numAffectedRows } = await sql`
    update ${table} set xid = pg_current_xact_id() where ${FOREIGN}`.execute(tx);
  for (const { name, id } of places) {
    await sql`update ground_followers set xid = pg_current_xact_id(), id = ${id} where name = ${name}`.execute(
      tx,
    );
  }
  return Number(numAffectedRows ?? 0n);
}
