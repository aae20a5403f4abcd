import { isCoded, messageOf } from '@waybill/core';
import { hashLeaf, requireEntry } from '@waybill/core/tlog';
import type { Lock } from '../ground/index.ts';
import type { SequencerLimits } from './deps.ts';
import { tlogError } from './errors.ts';
import { integrate, type Submission } from './integrate.ts';
import type { SignedHead } from './queries.ts';
import type { EntryFacts, LogEntryReceipt } from './receipt.ts';
import { type LogContext, type LogState, recover } from './recover.ts';

/** The one writer of a log: collects entries into batches and integrates one batch after the other. */
export interface Sequencer {
  /** Throws `tlog_entry_invalid`, `tlog_busy`, `tlog_not_leader`, `tlog_unavailable`, `tlog_closed`. */
  append(leaf: Uint8Array, facts: EntryFacts): Promise<LogEntryReceipt>;
  /** Becomes the writer and recovers; false when another process is. Throws what `recover` throws. */
  lead(): Promise<boolean>;
  /** The published head as long as this process is the writer. */
  head(): SignedHead | null;
  /** Refuses new entries, finishes those that wait, gives leadership up. */
  close(): Promise<void>;
}

interface Waiting extends Submission {
  readonly answer: (receipt: LogEntryReceipt) => void;
  readonly fail: (error: unknown) => void;
}

export function createSequencer(context: LogContext, limits: SequencerLimits): Sequencer {
  const queue: Waiting[] = [];
  const leadership = createLeadership(context);
  let running: Promise<void> | null = null;
  let closed = false;

  const enqueue = (leaf: Uint8Array, facts: EntryFacts): Promise<LogEntryReceipt> => {
    // Copied before it is hashed: the caller may reuse its buffer while the entry waits.
    const own = Uint8Array.from(leaf);
    return new Promise((answer, fail) => {
      queue.push({ leaf: own, leafHash: hashLeaf(own), facts, answer, fail });
      running ??= drain().finally(() => {
        running = null;
      });
    });
  };

  const drain = async (): Promise<void> => {
    await gather(limits.batchWaitMs);
    // Entries that came while a batch was written have waited long enough.
    while (queue.length > 0) await writeBatch(queue.splice(0, limits.batchEntries));
  };

  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    try {
      const receipts = await leadership.run((state, stillLeading) =>
        integrate(context, state, batch, stillLeading),
      );
      for (const [at, receipt] of receipts.entries()) batch[at]?.answer(receipt);
    } catch (cause) {
      const error = batchError(context, cause);
      for (const { fail } of batch) fail(error);
    }
  };

  return {
    async append(leaf, facts) {
      requireEntry(leaf);
      if (closed) throw tlogError('tlog_closed', `the log ${context.origin} is closing: try again shortly`);
      if (queue.length >= limits.queueEntries) {
        throw tlogError(
          'tlog_busy',
          `the log ${context.origin} has ${queue.length} entries waiting: try again shortly`,
        );
      }
      return enqueue(leaf, facts);
    },
    lead: leadership.lead,
    head: leadership.head,
    async close() {
      closed = true;
      while (running !== null) await running;
      await leadership.resign();
    },
  };
}

async function gather(waitMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, waitMs);
  });
}

/** A refusal that says what to do passes; anything else becomes "try again", with the reason for the operator's log. */
function batchError(context: LogContext, cause: unknown): unknown {
  context.log.error({ err: cause, origin: context.origin }, 'a batch of log entries failed');
  if (isCoded(cause, 'tlog_not_leader', 'tlog_rolled_back', 'tlog_damaged', 'tlog_unavailable')) return cause;
  return tlogError(
    'tlog_unavailable',
    `the log ${context.origin} could not write the entry (${messageOf(cause)}): try again, the same entry is logged only once`,
    { cause },
  );
}

/** Who writes, and what the writer knows. The state lives exactly as long as the lock and an unbroken row of successes. */
function createLeadership(context: LogContext) {
  let lock: Lock | null = null;
  let state: LogState | null = null;
  let head: SignedHead | null = null;

  const forget = (): void => {
    lock = null;
    state = null;
    head = null;
  };

  const remember = (next: LogState): void => {
    state = next;
    head = next.head;
  };

  const takeLock = async (): Promise<Lock | null> => {
    const taken = await context.db.tryLock(`tlog:${context.origin}`);
    if (taken === null) return null;
    lock = taken;
    void taken.lost.then(() => {
      if (lock !== taken) return;
      forget();
    });
    return taken;
  };

  const ready = async (): Promise<{ readonly state: LogState; readonly lock: Lock } | null> => {
    const held = lock ?? (await takeLock());
    if (held === null) return null;
    const known = state ?? (await recover(context));
    // The lock may be gone since: then the state is worth nothing, and run() finds out.
    if (lock === held) remember(known);
    return { state: known, lock: held };
  };

  return {
    head: (): SignedHead | null => head,
    lead: async (): Promise<boolean> => (await ready()) !== null,
    async run(
      work: (
        state: LogState,
        stillLeading: () => boolean,
      ) => Promise<{ readonly state: LogState; readonly receipts: readonly LogEntryReceipt[] }>,
    ): Promise<readonly LogEntryReceipt[]> {
      const led = await ready();
      if (led === null) {
        throw tlogError(
          'tlog_not_leader',
          `another process writes the log ${context.origin}: send the entry there`,
        );
      }
      const stillLeading = (): boolean => lock === led.lock;
      // Until it has succeeded nobody knows how far the batch came: a failure leaves no state behind.
      state = null;
      const done = await work(led.state, stillLeading);
      if (stillLeading()) remember(done.state);
      return done.receipts;
    },
    async resign(): Promise<void> {
      const held = lock;
      forget();
      await held?.release();
    },
  };
}
