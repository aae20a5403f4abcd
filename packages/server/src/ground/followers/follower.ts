/** Followers: what happens after the commit of a change, in its order, on one replica at a time. */
import { setTimeout as delay } from 'node:timers/promises';
import { isCoded } from '@waybill/core';
import type { Db, Lock } from '../db/db.ts';
import type { Feed } from '../feeds/feed.ts';
import { pruneOutbox } from '../feeds/prune-outbox.ts';
import type { Logger } from '../log/log.ts';
import { deliverNext, type Pace } from './deliver.ts';
import { registerFollower } from './rows.ts';

export interface Follower<E = unknown> {
  /** Lower-case letters and hyphens; its place in the feed is kept under this name. */
  readonly name: string;
  readonly feed: Feed<E>;
  /** Events per delivery; 1 for a handler whose deeds cannot be repeated cheaply. */
  readonly batchEvents: number;
  /**
   * Takes events in the order of their commits, each at least once: after a crash, a failure or a restore some come
   * again, so it MUST be idempotent by event id. Throwing means that none of them is done. An outage of the database
   * or the blob store is waited out; any other error is held against the event, which is tried again and then given up.
   * It MUST end by itself: nothing comes after it until it has, and no stop either.
   */
  deliver(events: readonly E[]): Promise<void>;
}

export interface FollowerLimits {
  /** How long a follower that has read everything waits before it looks again. */
  readonly pollMs: number;
  /** How long a replica that does not lead, or a follower without a database, waits before it tries again. */
  readonly standByMs: number;
  readonly maxAttempts: number;
  /** After the first failure; doubles with each. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

/** An event that nothing can take holds the others up for two minutes. */
const DEFAULT_LIMITS: FollowerLimits = {
  pollMs: 500,
  standByMs: 2000,
  maxAttempts: 8,
  backoffMs: 1000,
  maxBackoffMs: 60_000,
};
const PRUNE_INTERVAL_MS = 60 * 60 * 1000;

export interface FollowersDeps {
  readonly db: Db;
  readonly log: Logger;
  readonly limits?: Partial<FollowerLimits>;
}

/** What one term of leadership works with. */
export interface Term {
  readonly db: Db;
  readonly log: Logger;
  readonly limits: FollowerLimits;
  readonly ended: AbortSignal;
}

export interface RunningFollowers {
  /** Resolves when the deliveries in hand are done and their positions are kept. */
  close(): Promise<void>;
}

/**
 * Runs the followers as long as this process leads. All replicas may call it: the others stand by, and one of them
 * goes on when the leader ends or dies. There is no NOTIFY: it would let commits pass one by one, and they are many.
 */
export function startFollowers(deps: FollowersDeps, followers: readonly Follower[]): RunningFollowers {
  const stop = new AbortController();
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const running = standBy({ db: deps.db, log: deps.log, limits, ended: stop.signal }, followers);
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}

async function standBy(replica: Term, followers: readonly Follower[]): Promise<void> {
  while (!replica.ended.aborted) {
    try {
      const lock = await replica.db.tryLock('followers');
      if (lock !== null) await lead(replica, lock, followers);
    } catch (error) {
      sayOutage(replica, error, 'followers could not be led');
    }
    await pause(replica.limits.standByMs, replica.ended);
  }
}

async function lead(replica: Term, lock: Lock, followers: readonly Follower[]): Promise<void> {
  const lost = new AbortController();
  void lock.lost.then(() => lost.abort());
  const term: Term = { ...replica, ended: AbortSignal.any([replica.ended, lost.signal]) };
  try {
    await term.db.asSystem(async (tx) => {
      for (const follower of followers) await registerFollower(tx, follower);
    });
    await Promise.all([...followers.map((follower) => follow(term, follower)), prune(term)]);
  } finally {
    await lock.release();
  }
}

async function follow(term: Term, follower: Follower): Promise<void> {
  const pace: Pace = { singles: 0, begun: false };
  while (!term.ended.aborted) {
    try {
      await pause(await deliverNext(term, follower, pace), term.ended);
    } catch (error) {
      sayOutage(term, error, `the follower ${follower.name} could not go on`);
      await pause(term.limits.standByMs, term.ended);
    }
  }
}

async function prune(term: Term): Promise<void> {
  while (!term.ended.aborted) {
    try {
      await pruneOutbox(term.db);
    } catch (error) {
      sayOutage(term, error, 'the outbox could not be pruned');
    }
    await pause(PRUNE_INTERVAL_MS, term.ended);
  }
}

/** The code says it all for what passes by itself. */
function sayOutage({ log }: Term, error: unknown, what: string): void {
  if (isCoded(error)) log.warn({ code: error.code }, what);
  else log.error({ err: error }, what);
}

async function pause(waitMs: number, ended: AbortSignal): Promise<void> {
  if (waitMs === 0 || ended.aborted) return;
  await delay(waitMs, undefined, { signal: ended }).catch((error: unknown) => {
    if (!ended.aborted) throw error;
  });
}
