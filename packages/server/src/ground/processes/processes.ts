import { availableParallelism } from 'node:os';
import { CodedError } from '@waybill/core';
import type { Logger } from '../log/log.ts';
import type { Tasks } from '../threads/messages.ts';
import { Child, type ChildOptions } from './child.ts';
import { FairQueue } from './fair-queue.ts';

/**
 * Work that may end the process that does it: programs of strangers. A thread is no wall for that, as V8 gives up for
 * all threads at once.
 */
export interface Processes<T extends Tasks> {
  /**
   * Runs a task in a child, which has nothing else in hand; the task's coded errors come back as they are.
   * `process_lost` when the child ended over it: `detail.isOverdue` says that it took longer than the deadline.
   * `process_not_started` is no fault of the task's. Where all children are busy, each `asker` has its turn. A function
   * is asked for the input when a child is free: what waits takes no room.
   */
  run<K extends keyof T & string>(
    task: K,
    input: Parameters<T[K]>[0] | (() => Promise<Parameters<T[K]>[0]>),
    asker?: string,
  ): Promise<ReturnType<T[K]>>;
  close(): Promise<void>;
}

export interface ProcessesOptions {
  /** Exports `openTasks`, an `OpenTasks`. It SHOULD import little, and reads no files but those of this program. */
  readonly module: URL;
  readonly log: Logger;
  /** Cores but one, at least one, unless told. */
  readonly count?: number;
  /** From the moment that a child has the task. */
  readonly deadlineMs: number;
  readonly maxHeapMiB: number;
  /** A child that had nothing to do for so long is let go; a minute unless told. */
  readonly idleMs?: number;
}

const IDLE_MS = 60_000;

/** Children start when work comes that no other is free for, so whoever never has any pays nothing. */
export function openProcesses<T extends Tasks>(options: ProcessesOptions): Processes<T> {
  const count = options.count ?? Math.max(1, availableParallelism() - 1);
  const places = Array.from({ length: count }, () => new Place(options));
  const free = [...places];
  const queue = new FairQueue<(place: Place) => void>();
  const take = async (asker: string): Promise<Place> => {
    const place = free.find(({ isStarted }) => isStarted) ?? free[0];
    if (place === undefined) return new Promise((resolve) => queue.push(asker, resolve));
    free.splice(free.indexOf(place), 1);
    return place;
  };
  const giveBack = (place: Place): void => {
    const next = queue.shift();
    if (next) next(place);
    else free.push(place);
  };
  return {
    run: async (task, input, asker = '') => {
      const place = await take(asker);
      try {
        const given: unknown = typeof input === 'function' ? await input() : input;
        return (await place.run(task, given)) as never;
      } finally {
        giveBack(place);
      }
    },
    close: async () => {
      await Promise.all(places.map((place) => place.close()));
    },
  };
}

/** Where one child at a time is. */
class Place {
  readonly #options: ChildOptions;
  readonly #idleMs: number;
  #child: Child | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ idleMs = IDLE_MS, ...options }: ProcessesOptions) {
    this.#options = options;
    this.#idleMs = idleMs;
  }

  get isStarted(): boolean {
    return this.#child?.isGone === false;
  }

  async run(task: string, input: unknown): Promise<unknown> {
    if (this.#isClosed) throw stopping();
    clearTimeout(this.#idle);
    if (!this.isStarted) this.#child = new Child(this.#options);
    try {
      return await this.#child?.run(task, input);
    } catch (error) {
      throw this.#isClosed ? stopping() : error;
    } finally {
      this.#idle = setTimeout(() => void this.#end(), this.#idleMs).unref();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#end();
    clearTimeout(this.#idle);
  }

  async #end(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill();
    await child?.ended;
  }
}

function stopping(): Error {
  return new CodedError('server_stopping', 'the server is stopping');
}
