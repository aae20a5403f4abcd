import { AsyncLocalStorage } from 'node:async_hooks';
import { isCoded } from '@waybill/core';
import { hashLeaf, requireEntry } from '@waybill/core/tlog';
import type { SequencerLimits } from './deps.ts';
import { tlogError } from './errors.ts';
import { integrate, type Submission } from './integrate.ts';
import { Leadership } from './leadership.ts';
import type { TlogMetrics } from './metrics.ts';
import type { SignedHead } from './queries.ts';
import type { LogEntryReceipt } from './receipt.ts';
import type { LogContext } from './recover.ts';

interface Waiting extends Submission {
  readonly sinceMs: number;
  readonly answer: (receipt: () => Promise<LogEntryReceipt>) => void;
  readonly fail: (error: unknown) => void;
}

export type LogRole = 'writer' | 'reader';

/** The one writer of a log: collects entries into batches and integrates one batch after the other. */
export class Sequencer {
  readonly #context: LogContext;
  readonly #limits: SequencerLimits;
  readonly #metrics: TlogMetrics;
  readonly #leadership: Leadership;
  readonly #queue: Waiting[] = [];
  /** A batch is nobody's own: it runs outside the context of whichever request happened to start it. */
  readonly #apart = AsyncLocalStorage.snapshot();
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(context: LogContext, limits: SequencerLimits, metrics: TlogMetrics) {
    this.#context = context;
    this.#limits = limits;
    this.#metrics = metrics;
    this.#leadership = new Leadership(context);
  }

  /** The published head as long as this process is the writer. */
  get head(): SignedHead | null {
    return this.#leadership.head;
  }

  /** Entries that no batch has taken up yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Becomes the writer; false when another process is. Throws what `recover` throws. */
  async lead(): Promise<boolean> {
    return this.#leadership.lead();
  }

  /** Whether this process writes the log; when nobody does, it begins to. Throws what `recover` throws. */
  async role(): Promise<LogRole> {
    if (this.#running !== null || this.#closed || this.#leadership.settled) {
      return this.head === null ? 'reader' : 'writer';
    }
    const led = Promise.withResolvers<boolean>();
    // In the turn of a batch: two recoveries at once would see each other's half-done work.
    this.#running = this.#apart(() =>
      this.#drain(() => this.#leadership.lead().then(led.resolve, led.reject)),
    );
    return (await led.promise) ? 'writer' : 'reader';
  }

  /**
   * Resolves when the entry is published; what it resolves with makes the receipt. Throws `tlog_entry_invalid`,
   * `tlog_busy`, `tlog_not_leader`, `tlog_unavailable`, `tlog_closed`.
   */
  async append(entry: Omit<Submission, 'leafHash'>): Promise<() => Promise<LogEntryReceipt>> {
    requireEntry(entry.leaf);
    const { origin } = this.#context;
    if (this.#closed) throw tlogError('tlog_closed', `the log ${origin} is closing: try again shortly`);
    const waiting = this.#queue.length;
    if (waiting >= this.#limits.queueEntries) {
      throw tlogError('tlog_busy', `the log ${origin} has ${waiting} entries waiting: try again shortly`);
    }
    // Copied before it is hashed: the caller may reuse its buffer while the entry waits.
    const leaf = Uint8Array.from(entry.leaf);
    return new Promise((answer, fail) => {
      this.#queue.push({
        ...entry,
        leaf,
        leafHash: hashLeaf(leaf),
        sinceMs: performance.now(),
        answer,
        fail,
      });
      this.#running ??= this.#apart(() => this.#drain(() => gather(this.#limits.batchWaitMs)));
    });
  }

  /** Forgets what it knows: the next step reads it anew. What runs is finished first. */
  async lookAgain(): Promise<void> {
    await this.#running;
    await this.#leadership.resign();
  }

  /** Refuses new entries, finishes those that wait, gives leadership up. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    await this.#leadership.resign();
  }

  /** `first` MUST NOT fail: entries may come meanwhile. */
  async #drain(first: () => Promise<void>): Promise<void> {
    try {
      await first();
      // Entries that came while a batch was written have waited long enough.
      while (this.#queue.length > 0) await this.#writeBatch(this.#queue.splice(0, this.#limits.batchEntries));
    } finally {
      // In the same turn as the look at the queue: an entry that comes now must start the next round itself.
      this.#running = null;
    }
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const { receiptOf } = await this.#leadership.run((state, stillLeading) =>
        integrate(this.#context, state, batch, stillLeading),
      );
      for (const waiting of batch) waiting.answer(() => receiptOf(waiting));
      this.#measure(batch);
    } catch (cause) {
      this.#metrics.failedBatches.add({ log: this.#context.kind });
      const error = batchError(this.#context, cause);
      for (const { fail } of batch) fail(error);
    }
  }

  #measure(batch: readonly Waiting[]): void {
    const labels = { log: this.#context.kind };
    const nowMs = performance.now();
    this.#metrics.batchEntries.observe(labels, batch.length);
    for (const { sinceMs } of batch) this.#metrics.wait.observe(labels, (nowMs - sinceMs) / 1000);
  }
}

async function gather(waitMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    setTimeout(resolve, waitMs);
  });
}

/** A refusal that says what to do passes; anything else becomes "try again", with the reason for the operator's log. */
function batchError(context: LogContext, cause: unknown): unknown {
  context.log.error({ err: cause, origin: context.origin }, 'a batch of log entries failed');
  if (
    isCoded(cause, 'tlog_not_leader', 'tlog_frozen', 'tlog_rolled_back', 'tlog_damaged', 'tlog_unavailable')
  )
    return cause;
  return tlogError(
    'tlog_unavailable',
    // What the database or the disk said may quote an entry of somebody else: only a code is for a stranger.
    `the log ${context.origin} could not write the entry (${isCoded(cause) ? cause.code : 'internal'}): try again, the same entry is logged only once`,
    { cause },
  );
}
