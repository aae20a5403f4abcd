import { sql } from 'kysely';
import type { Db } from './db.ts';

const CHUNK_ROWS = 5000;

/**
 * Removes events that every follower of the outbox has passed and that are older than seven days, unless one of them
 * is a dead letter. Gives their number.
 */
export async function pruneOutbox(db: Db): Promise<number> {
  for (let removed = 0; ; ) {
    const chunk = await db.asSystem(async (tx) => {
      const { numAffectedRows } = await sql`
        delete from ground_outbox where id in (
          select o.id from ground_outbox o
          where o.created_at < now() - interval '7 days'
            and not exists (select 1 from ground_followers f
                            where f.feed = 'outbox' and (f.xid, f.id) < (o.xid, o.id))
            and not exists (select 1 from ground_failures d join ground_followers f on f.name = d.follower
                            where f.feed = 'outbox' and d.event_id = o.id)
          limit ${CHUNK_ROWS})`.execute(tx);
      return Number(numAffectedRows ?? 0n);
    });
    removed += chunk;
    if (chunk < CHUNK_ROWS) return removed;
  }
}
