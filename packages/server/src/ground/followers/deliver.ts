import { isCoded } from '@waybill/core';
import type { Tx } from '../db/db.ts';
import { type Entry, type Position, readAfter, readByIds } from '../feeds/feed.ts';
import type { Follower, Term } from './follower.ts';
import {
  clearFailure,
  type FailureReason,
  giveUp,
  INTERRUPTED,
  markTaken,
  movePosition,
  type Place,
  readPlace,
  readRetryDelay,
  scheduleRetry,
  takeRetry,
  writeFailure,
} from './rows.ts';

/** What is nobody's fault but the surroundings': the same event succeeds when they are back. */
const OUTAGES = ['database_unavailable', 'blob_unavailable', 'blob_disk_full', 'server_stopping'];

export interface Pace {
  /** Events to be handed over one by one, as they failed together: one of them alone is at fault. */
  singles: number;
  /** False until what the last leader left is looked at. */
  begun: boolean;
}

interface Work<E> {
  readonly place: Place;
  readonly entries: readonly Entry<E>[];
  /** Of the first entry, when it has failed before: how long it still has to wait. */
  readonly retryInMs: number | null;
  readonly dead: Entry<E> | null;
}

/**
 * One delivery. Gives the time to wait before the next, 0 when there is more to do. Throws in an outage; nothing is
 * lost or counted then. A crash before the position is kept lets the same events come again.
 */
export async function deliverNext<E>(term: Term, follower: Follower<E>, pace: Pace): Promise<number> {
  const { place, entries, retryInMs, dead } = await term.db.asSystem((tx) => readWork(tx, follower));
  if (dead !== null) await retry(term, follower, dead);
  const [first] = entries;
  if (first === undefined || term.ended.aborted) return dead === null ? term.limits.pollMs : 0;
  if (!pace.begun) {
    pace.begun = true;
    pace.singles = place.taken;
    if (place.taken === 1)
      return failed(term, follower, { entry: first, position: place, reason: INTERRUPTED });
  }
  if (retryInMs !== null && retryInMs > 0) return Math.min(retryInMs, term.limits.pollMs);
  const batch = retryInMs !== null || pace.singles > 0 ? [first] : entries;
  await term.db.asSystem((tx) => markTaken(tx, follower.name, batch.length));
  const reason = await attempt(term, follower, batch);
  if (reason === null) {
    pace.singles = Math.max(0, pace.singles - 1);
    await keep(term, follower, { from: place, batch });
    return batch.length < follower.batchEvents && batch.length === entries.length ? term.limits.pollMs : 0;
  }
  if (batch.length === 1) return failed(term, follower, { entry: first, position: place, reason });
  pace.singles = batch.length;
  return 0;
}

async function readWork<E>(tx: Tx, { name, feed, batchEvents }: Follower<E>): Promise<Work<E>> {
  const place = await readPlace(tx, name);
  const entries = await readAfter(tx, feed, { ...place, limit: batchEvents });
  const [first] = entries;
  const retried = await takeRetry(tx, name);
  return {
    place,
    entries,
    retryInMs: first === undefined ? null : await readRetryDelay(tx, name, first.position.id),
    dead: retried === null ? null : ((await readByIds(tx, feed, [retried]))[0] ?? null),
  };
}

/** null when it went well. Throws in an outage. */
async function attempt<E>(
  { log }: Term,
  follower: Follower<E>,
  batch: readonly Entry<E>[],
): Promise<FailureReason | null> {
  try {
    await follower.deliver(batch.map(({ event }) => event));
    return null;
  } catch (error) {
    if (isCoded(error, ...OUTAGES)) throw error;
    const events = batch.map(({ position }) => position.id);
    log.warn({ err: error, follower: follower.name, events }, 'a delivery failed');
    if (isCoded(error)) return { code: error.code, message: error.message };
    // A raw exception's text may hold what is nobody's business.
    return { code: 'internal', message: 'the server failed in a way it did not foresee: its log has more' };
  }
}

async function keep<E>(
  { db, log }: Term,
  follower: Follower<E>,
  { from, batch }: { readonly from: Position; readonly batch: readonly Entry<E>[] },
): Promise<void> {
  const to = batch.at(-1)?.position ?? from;
  const moved = await db.asSystem(async (tx) => {
    if (batch.length === 1) await clearFailure(tx, follower.name, to.id);
    return movePosition(tx, follower.name, { from, to });
  });
  if (!moved) log.warn({ follower: follower.name }, 'another replica follows too: this one reads again');
}

/** After the last attempt the event is a dead letter, and the next one has its turn. */
async function failed<E>(
  { db, log, limits }: Term,
  { name }: Follower<E>,
  failure: { readonly entry: Entry<E>; readonly position: Position; readonly reason: FailureReason },
): Promise<number> {
  const { entry, position: from } = failure;
  const eventId = entry.position.id;
  return db.asSystem(async (tx) => {
    const attempts = await writeFailure(tx, name, failure);
    if (attempts < limits.maxAttempts) {
      const waitMs = Math.min(limits.maxBackoffMs, limits.backoffMs * 2 ** (attempts - 1));
      await scheduleRetry(tx, name, { eventId, waitMs });
      await markTaken(tx, name, 0);
      return Math.min(waitMs, limits.pollMs);
    }
    await giveUp(tx, name, eventId);
    await movePosition(tx, name, { from, to: entry.position });
    log.error({ follower: name, event: eventId, type: entry.type, attempts }, 'an event is a dead letter');
    return 0;
  });
}

async function retry<E>(term: Term, follower: Follower<E>, dead: Entry<E>): Promise<void> {
  const { name } = follower;
  const eventId = dead.position.id;
  let reason: FailureReason | null;
  try {
    reason = await attempt(term, follower, [dead]);
  } catch (error) {
    // What an outage prevented is still asked for.
    await term.db.asSystem((tx) => scheduleRetry(tx, name, { eventId, waitMs: 0 }));
    throw error;
  }
  await term.db.asSystem(async (tx) => {
    if (reason === null) await clearFailure(tx, name, eventId);
    else await writeFailure(tx, name, { entry: dead, reason });
  });
}
