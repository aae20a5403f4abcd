import type { Lock } from '../ground/index.ts';
import { tlogError } from './errors.ts';
import { logLockName } from './export.ts';
import type { SignedHead } from './queries.ts';
import { type LogContext, type LogState, recover } from './recover.ts';

/**
 * Who writes a log, and what the writer knows of it. The state lives exactly as long as the lock and an unbroken row
 * of successes; whenever it is missing, it is recovered.
 */
export class Leadership {
  readonly #context: LogContext;
  #lock: Lock | null = null;
  #state: LogState | null = null;
  #head: SignedHead | null = null;

  constructor(context: LogContext) {
    this.#context = context;
  }

  /** The published head as long as this process is the writer, also while a batch is written. */
  get head(): SignedHead | null {
    return this.#head;
  }

  /** True when the next step can begin at once: nothing has to be locked or recovered first. */
  get settled(): boolean {
    return this.#state !== null;
  }

  /** Becomes the writer; false when another process is. Throws what `recover` throws. */
  async lead(): Promise<boolean> {
    return (await this.#ready()) !== null;
  }

  /** One step from the state to the next. Throws `tlog_not_leader`, and whatever `work` throws. */
  async run<T extends { readonly state: LogState }>(
    work: (state: LogState, stillLeading: () => boolean) => Promise<T>,
  ): Promise<T> {
    const led = await this.#ready();
    if (led === null) {
      const { origin } = this.#context;
      throw tlogError('tlog_not_leader', `another process writes the log ${origin}: send the entry there`);
    }
    const stillLeading = (): boolean => this.#lock === led.lock;
    // Until it has succeeded nobody knows how far the step came: a failure leaves no state behind.
    this.#state = null;
    const done = await work(led.state, stillLeading);
    if (stillLeading()) this.#remember(done.state);
    return done;
  }

  async resign(): Promise<void> {
    const held = this.#lock;
    this.#forget();
    await held?.release();
  }

  async #ready(): Promise<{ readonly state: LogState; readonly lock: Lock } | null> {
    const lock = this.#lock ?? (await this.#takeLock());
    if (lock === null) return null;
    const state = this.#state ?? (await recover(this.#context));
    // The lock may be gone since: then the state is worth nothing, and run() finds out.
    if (this.#lock === lock) this.#remember(state);
    return { state, lock };
  }

  async #takeLock(): Promise<Lock | null> {
    const { db, origin } = this.#context;
    const taken = await db.tryLock(logLockName(origin));
    if (taken === null) return null;
    this.#lock = taken;
    void taken.lost.then(() => {
      if (this.#lock === taken) this.#forget();
    });
    return taken;
  }

  #remember(state: LogState): void {
    this.#state = state;
    this.#head = state.head;
  }

  #forget(): void {
    this.#lock = null;
    this.#state = null;
    this.#head = null;
  }
}
