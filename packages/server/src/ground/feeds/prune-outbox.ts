import { sql } from 'kysely';
import type { Db } from '../db/db.ts';

const CHUNK_ROWS = 5000;

/**
 * Removes events that every follower of the outbox has passed and that are older than seven days, unless one of them
 * is a dead letter. Gives their number.
 */
export async function pruneOutbox(db: Db): Promise<number> {
  for (let removed = 0; ; ) {
    const chunk = await db.asSystem(async (tx) => {
      // Along the order of the feed, which is nearly that of time: an old outbox is never read as a whole.
      const { numAffectedRows } = await sql`
        delete from ground_outbox where id in (
          select id from (
            select id, xid, created_at from ground_outbox
            where id <> all (array(select d.event_id from ground_failures d
                                   join ground_followers f on f.name = d.follower where f.feed = 'outbox'))
            order by xid, id limit ${CHUNK_ROWS}) as oldest
          where created_at < now() - interval '7 days'
            and not exists (select 1 from ground_followers f
                            where f.feed = 'outbox' and (f.xid, f.id) < (oldest.xid, oldest.id)))`.execute(
        tx,
      );
      return Number(numAffectedRows ?? 0n);
    });
    removed += chunk;
    if (chunk < CHUNK_ROWS) return removed;
  }
}
