import { createHash, type Hash } from 'node:crypto';
import type { HashName } from '@waybill/core/crypto';

/** A running hash over the first `sizeBytes` bytes of an upload. */
export interface RunningHash {
  readonly algorithm: HashName;
  readonly hash: Hash;
  readonly sizeBytes: number;
}

const MOST_HASHES = 10_000;

/**
 * What this process remembers of open uploads: who is writing, and a hash that ran along. Only a cache: a
 * session that another process took chunks of, or that outlived a restart, is hashed again when it is closed.
 */
export class OpenUploads {
  readonly #writing = new Set<string>();
  readonly #hashes = new Map<string, RunningHash>();

  /** Runs `work` as the only writer of the session; `busy` is thrown when there is one. */
  async exclusively<T>(id: string, busy: () => Error, work: () => Promise<T>): Promise<T> {
    if (this.#writing.has(id)) throw busy();
    this.#writing.add(id);
    try {
      return await work();
    } finally {
      this.#writing.delete(id);
    }
  }

  begin(id: string, algorithm: HashName): void {
    this.keep(id, { algorithm, hash: createHash(algorithm), sizeBytes: 0 });
  }

  /** Takes the hash away, so that a write that fails halfway cannot leave a wrong one. */
  take(id: string, sizeBytes: number): RunningHash | undefined {
    const running = this.#hashes.get(id);
    this.#hashes.delete(id);
    return running?.sizeBytes === sizeBytes ? running : undefined;
  }

  keep(id: string, running: RunningHash): void {
    this.#hashes.set(id, running);
    const [oldest] = this.#hashes.keys();
    if (this.#hashes.size > MOST_HASHES && oldest !== undefined) this.#hashes.delete(oldest);
  }

  forget(id: string): void {
    this.#hashes.delete(id);
  }
}
