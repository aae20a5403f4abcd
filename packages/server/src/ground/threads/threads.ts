import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { CodedError } from '@waybill/core';
import type { Logger } from '../log/log.ts';
import { type Answer, errorOf, type Order, type Tasks } from './messages.ts';

/** Work that must not stop the one thread that answers everybody: checks of what strangers hand in, signatures. */
export interface Threads<T extends Tasks> {
  /**
   * Runs a task elsewhere; its coded errors come back as they are. `thread_lost` when the thread hung or ran out of
   * memory: what else was in its hands is lost too, and may be asked for again.
   */
  run<K extends keyof T & string>(task: K, input: Parameters<T[K]>[0]): Promise<ReturnType<T[K]>>;
  close(): Promise<void>;
}

export interface ThreadsOptions {
  /** Exports `openTasks`, an `OpenTasks`. It SHOULD import little: each thread loads all of it. */
  readonly module: URL;
  /** What `openTasks` gets, in each thread: plain data and KeyObjects. */
  readonly data?: unknown;
  readonly log: Logger;
  /** Cores but one, at least one, unless told. */
  readonly count?: number;
  /** A thread with work that answers nothing for so long is ended. */
  readonly deadlineMs?: number;
  readonly maxHeapMiB?: number;
}

const DEADLINE_MS = 30_000;
const MAX_HEAP_MIB = 512;
const YOUNG_HEAP_MIB = 8;

/** Threads start when the first work comes, so whoever never checks anything pays nothing. */
export function openThreads<T extends Tasks>(options: ThreadsOptions): Threads<T> {
  const count = options.count ?? Math.max(1, availableParallelism() - 1);
  const threads = Array.from({ length: count }, () => new Thread(options));
  return {
    run: async (task, input) => {
      const idlest = threads.reduce((best, next) => (next.waiting < best.waiting ? next : best));
      return (await idlest.run(task, input)) as never;
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

class Thread {
  readonly #options: ThreadsOptions;
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #watch: NodeJS.Timeout | undefined;
  /** Of this turn of the event loop, not sent yet. */
  #orders: Order[] = [];
  #next = 0;
  #closed = false;

  constructor(options: ThreadsOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  run(task: string, input: unknown): Promise<unknown> {
    if (this.#closed) return Promise.reject(new CodedError('server_stopping', 'the server is stopping'));
    const order: Order = { id: this.#next++, task, input };
    return new Promise((resolve, reject) => {
      this.#waiting.set(order.id, { resolve, reject });
      this.#watch ??= this.#startWatch();
      if (this.#orders.push(order) === 1) setImmediate(() => this.#send());
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    this.#lose(undefined);
  }

  #send(): void {
    const orders = this.#orders.splice(0);
    if (!this.#closed && orders.length > 0) (this.#worker ?? this.#start()).postMessage(orders);
  }

  #start(): Worker {
    const { module, data, maxHeapMiB = MAX_HEAP_MIB } = this.#options;
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: { module: module.href, data },
      // V8 gives the young generation much where memory is plenty; keys and bytes outside the heap wait for its end too.
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
    });
    let cause: unknown;
    worker.on('message', (answers: readonly Answer[]) => {
      for (const answer of answers) this.#settle(answer);
    });
    // Follows with `exit`.
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#lose(cause);
    });
    this.#worker = worker;
    return worker;
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#endWatch();
    else this.#watch?.refresh();
    if ('fault' in answer) waiting?.reject(errorOf(answer.fault));
    else waiting?.resolve(answer.output);
  }

  #startWatch(): NodeJS.Timeout {
    const { deadlineMs = DEADLINE_MS } = this.#options;
    return setTimeout(() => {
      void this.#worker?.terminate();
    }, deadlineMs);
  }

  #endWatch(): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
  }

  /** Nobody can tell which of them it was, so all that waited are told to come again. */
  #lose(cause: unknown): void {
    this.#worker = undefined;
    this.#endWatch();
    const lost = [...this.#waiting.values()];
    this.#waiting.clear();
    if (lost.length === 0 && this.#closed) return;
    this.#options.log.error({ err: cause, lost: lost.length }, 'a thread was ended');
    const message =
      'the work was ended, as it or some beside it took too much time or memory: send the same again, and if it is refused again, send less';
    for (const { reject } of lost) reject(new CodedError('thread_lost', message, { cause }));
  }
}
