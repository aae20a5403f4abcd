/** The rows of followers: positions and failures. */
import { sql } from 'kysely';
import type { Tx } from '../db/db.ts';
import { thisOrg } from '../db/this-org.ts';
import { type Entry, FEEDS, type Feed, type Position } from '../feeds/feed.ts';

/** Why an event was not taken, as its owner may read it. */
export interface FailureReason {
  readonly code: string;
  readonly message: string;
}

/** An event that a follower gave up after its last attempt. */
export interface DeadLetter extends FailureReason {
  readonly id: string;
  readonly follower: string;
  readonly eventId: number;
  readonly type: string;
  readonly attempts: number;
  readonly firstFailedAt: Date;
  readonly lastFailedAt: Date;
  /** Somebody has asked for another attempt that has not been made yet. */
  readonly retrying: boolean;
}

export interface FollowerLag {
  readonly follower: string;
  readonly feed: Feed<unknown>['name'];
  /** Not delivered yet, also those that a transaction which is still open holds up. */
  readonly events: number;
  /** Age of the oldest of them; 0 when there is none. */
  readonly seconds: number;
  readonly deadLetters: number;
}

/** Of an event that was in hand when the process died. */
export const INTERRUPTED: FailureReason = {
  code: 'follower_interrupted',
  message: 'the server ended while it had this event in hand',
};

/**
 * Gives a new follower its place at the beginning. Dead letters of no organisation, which no API reaches, get another
 * try; not one that may have been the end of the last process.
 */
export async function registerFollower(
  tx: Tx,
  { name, feed }: { readonly name: string; readonly feed: Feed<unknown> },
): Promise<void> {
  await sql`insert into ground_followers (name, feed) values (${name}, ${feed.name}) on conflict do nothing`.execute(
    tx,
  );
  await sql`update ground_failures set retry_at = now()
            where follower = ${name} and dead_at is not null and org_id is null
              and code <> ${INTERRUPTED.code}`.execute(tx);
}

export interface Place extends Position {
  /** Events after it that were handed over and not answered for. */
  readonly taken: number;
}

export async function readPlace(tx: Tx, follower: string): Promise<Place> {
  const { rows } = await sql<Place>`
    select xid::text as xid, id, taken from ground_followers where name = ${follower}`.execute(tx);
  const [place] = rows;
  if (place === undefined) throw new TypeError(`the follower ${follower} is not registered`);
  return place;
}

/** Not waited for until it is on the disk: it has to outlive this process, not the machine. */
export async function markTaken(tx: Tx, follower: string, events: number): Promise<void> {
  await sql`set local synchronous_commit = off`.execute(tx);
  await sql`update ground_followers set taken = ${events} where name = ${follower}`.execute(tx);
}

/** False when somebody else has moved it meanwhile: a leader that does not know yet that it is none any more. */
export async function movePosition(
  tx: Tx,
  follower: string,
  { from, to }: { readonly from: Position; readonly to: Position },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update ground_followers set xid = ${to.xid}::xid8, id = ${to.id}, taken = 0
    where name = ${follower} and xid = ${from.xid}::xid8 and id = ${from.id}`.execute(tx);
  return numAffectedRows === 1n;
}

/** How long to wait before the event's next attempt; null when it has not failed. */
export async function readRetryDelay(tx: Tx, follower: string, eventId: number): Promise<number | null> {
  const { rows } = await sql<{ waitMs: number }>`
    select greatest(0, extract(epoch from retry_at - clock_timestamp()) * 1000)::float8 as "waitMs"
    from ground_failures where follower = ${follower} and event_id = ${eventId} and dead_at is null`.execute(
    tx,
  );
  return rows[0]?.waitMs ?? null;
}

/** Counts an attempt that failed; gives the number of attempts. Without a `retryInMs` the event is dead. */
export async function writeFailure(
  tx: Tx,
  follower: string,
  failure: { readonly entry: Entry<unknown>; readonly reason: FailureReason },
): Promise<number> {
  const { entry, reason } = failure;
  const { rows } = await sql<{ attempts: number }>`
    insert into ground_failures
      (follower, event_id, org_id, type, attempts, code, message, first_failed_at, last_failed_at, retry_at)
    values (${follower}, ${entry.position.id}, ${entry.orgId}, ${entry.type}, 1, ${reason.code}, ${reason.message},
            clock_timestamp(), clock_timestamp(), clock_timestamp())
    on conflict (follower, event_id) do update
      set attempts = ground_failures.attempts + 1, code = excluded.code, message = excluded.message,
          last_failed_at = excluded.last_failed_at,
          retry_at = case when ground_failures.dead_at is null then excluded.retry_at end
    returning attempts`.execute(tx);
  return rows[0]?.attempts ?? 1;
}

export async function scheduleRetry(
  tx: Tx,
  follower: string,
  { eventId, waitMs }: { readonly eventId: number; readonly waitMs: number },
): Promise<void> {
  await sql`update ground_failures set retry_at = clock_timestamp() + ${waitMs} * interval '1 millisecond'
            where follower = ${follower} and event_id = ${eventId}`.execute(tx);
}

export async function giveUp(tx: Tx, follower: string, eventId: number): Promise<void> {
  await sql`update ground_failures set dead_at = clock_timestamp(), retry_at = null
            where follower = ${follower} and event_id = ${eventId}`.execute(tx);
}

export async function clearFailure(tx: Tx, follower: string, eventId: number): Promise<void> {
  await sql`delete from ground_failures where follower = ${follower} and event_id = ${eventId}`.execute(tx);
}

/** Takes one dead letter of which somebody has asked for another attempt; an attempt that ends the process stays its last. */
export async function takeRetry(tx: Tx, follower: string): Promise<number | null> {
  const { rows } = await sql<{ eventId: number }>`
    update ground_failures set retry_at = null, code = ${INTERRUPTED.code}, message = ${INTERRUPTED.message}
    where id = (select id from ground_failures
                where follower = ${follower} and dead_at is not null and retry_at <= clock_timestamp()
                order by event_id limit 1)
    returning event_id as "eventId"`.execute(tx);
  return rows[0]?.eventId ?? null;
}

const DEAD_LETTER = sql.raw(`id, follower, event_id as "eventId", type, attempts, code, message,
  first_failed_at as "firstFailedAt", last_failed_at as "lastFailedAt", retry_at is not null as retrying`);

/** Those of the transaction's organisation, newest failure first. */
export async function listDeadLetters(tx: Tx, limit: number): Promise<readonly DeadLetter[]> {
  const { rows } = await sql<DeadLetter>`
    select ${DEAD_LETTER} from ground_failures where org_id = ${thisOrg} and dead_at is not null
    order by last_failed_at desc, id limit ${limit}`.execute(tx);
  return rows;
}

/** Asks for another attempt, which the follower makes wherever it runs. null when there is no such dead letter. */
export async function retryDeadLetter(tx: Tx, id: string): Promise<DeadLetter | null> {
  const { rows } = await sql<DeadLetter>`
    update ground_failures set retry_at = clock_timestamp()
    where org_id = ${thisOrg} and id = ${id} and dead_at is not null
    returning ${DEAD_LETTER}`.execute(tx);
  return rows[0] ?? null;
}

/** Of every follower that ever ran, for metrics. Under asSystem only. */
export async function readLag(tx: Tx): Promise<readonly FollowerLag[]> {
  const { rows: followers } = await sql<
    Position & { name: string; feed: FollowerLag['feed']; deadLetters: number }
  >`
    select f.name, f.feed, f.xid::text as xid, f.id,
           (select count(*) from ground_failures d where d.follower = f.name and d.dead_at is not null) as "deadLetters"
    from ground_followers f order by f.name`.execute(tx);
  const lags: FollowerLag[] = [];
  for (const { name, feed, deadLetters, xid, id } of followers) {
    const { rows } = await sql<{ events: number; seconds: number }>`
      select count(*) as events,
             coalesce(greatest(0, extract(epoch from clock_timestamp() - min(at))), 0)::float8 as seconds
      from (select ${sql.raw(FEEDS[feed].columns)} from ${sql.table(FEEDS[feed].table)} as feed
            where (feed.xid, feed.id) > (${xid}::xid8, ${id}::bigint)) as behind`.execute(tx);
    lags.push({
      follower: name,
      feed,
      deadLetters,
      events: rows[0]?.events ?? 0,
      seconds: rows[0]?.seconds ?? 0,
    });
  }
  return lags;
}
