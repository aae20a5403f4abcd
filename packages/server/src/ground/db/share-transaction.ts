import type { Db, Tx } from './db.ts';

/** More pieces of work than this in one transaction would keep the first of them waiting. */
const MOST = 32;

interface Waiting {
  readonly work: (tx: Tx) => Promise<unknown>;
  readonly done: (result: unknown) => void;
  readonly fail: (error: unknown) => void;
}

export interface SharedTransactions {
  /** As `withOrg`, in a transaction with whatever else of this organisation waits. The work may run twice. */
  withOrg<T>(orgId: string, work: (tx: Tx) => Promise<T>): Promise<T>;
}

/**
 * One transaction at a time for each organisation: what comes while it runs shares the next one, so that many commits
 * cost one exchange and one write to the disk. Nothing waits for company, and nothing is answered before the commit.
 * When a shared transaction fails, each piece of work is done again in one of its own, and fails or not by itself.
 */
export function shareTransactions(db: Db): SharedTransactions {
  const queues = new Map<string, Waiting[]>();
  const drain = async (orgId: string, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) await together(db, orgId, queue.splice(0, MOST));
    queues.delete(orgId);
  };
  return {
    withOrg: <T>(orgId: string, work: (tx: Tx) => Promise<T>) =>
      new Promise<T>((resolve, fail) => {
        const waiting = { work, done: resolve as (result: unknown) => void, fail };
        const queue = queues.get(orgId);
        if (queue !== undefined) {
          queue.push(waiting);
          return;
        }
        const begun = [waiting];
        queues.set(orgId, begun);
        setImmediate(() => void drain(orgId, begun));
      }),
  };
}

async function together(db: Db, orgId: string, batch: readonly Waiting[]): Promise<void> {
  if (batch.length === 1) return alone(db, orgId, batch[0] as Waiting);
  let results: readonly unknown[];
  try {
    results = await db.withOrg(orgId, async (tx) => {
      const settled = await Promise.allSettled(batch.map(async ({ work }) => work(tx)));
      return settled.map((one) => {
        if (one.status === 'rejected') throw one.reason;
        return one.value;
      });
    });
  } catch {
    // Whose fault it was, each transaction alone will tell.
    await Promise.all(batch.map(async (one) => alone(db, orgId, one)));
    return;
  }
  for (const [index, { done }] of batch.entries()) done(results[index]);
}

async function alone(db: Db, orgId: string, { work, done, fail }: Waiting): Promise<void> {
  try {
    done(await db.withOrg(orgId, work));
  } catch (error) {
    fail(error);
  }
}
