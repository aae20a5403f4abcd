import { CodedError } from '@waybill/core';
import type { BlobDriver, Db } from '@waybill/server/ground';

/** Fails the n-th write of database or blob store, before it happens or after it is durable. */
export class Faults {
  #countdown = 0;
  #mode: 'before' | 'after' = 'before';
  hit = false;

  /** 0 takes the order back. */
  plan(nth: number, mode: 'before' | 'after'): void {
    this.#countdown = nth;
    this.#mode = mode;
    this.hit = false;
  }

  async #around<T>(what: string, write: () => Promise<T>): Promise<T> {
    const now = this.#countdown > 0 && --this.#countdown === 0;
    if (!now) return write();
    this.hit = true;
    if (this.#mode === 'after') await write();
    throw new CodedError('blob_unavailable', `${what} failed ${this.#mode} it was done`);
  }

  db(real: Db): Db {
    return { ...real, asSystem: (work) => this.#around('transaction', () => real.asSystem(work)) };
  }

  highWater<T extends { raise(origin: string, checkpoint: string): Promise<void> }>(real: T): T {
    return { ...real, raise: (...args) => this.#around('raise of the guard', () => real.raise(...args)) };
  }

  blobs(real: BlobDriver): BlobDriver {
    return {
      put: (key, source, options) => this.#around(`put ${key}`, () => real.put(key, source, options)),
      replace: (key, bytes) => this.#around(`replace ${key}`, () => real.replace(key, bytes)),
      open: (key, range) => real.open(key, range),
      read: (key) => real.read(key),
      stat: (key) => real.stat(key),
      delete: (key) => this.#around(`delete ${key}`, () => real.delete(key)),
      append: (key, source, options) =>
        this.#around(`append ${key}`, () => real.append(key, source, options)),
      rename: (from, to) => this.#around(`rename ${from}`, () => real.rename(from, to)),
      list: (prefix) => real.list(prefix),
      ping: () => real.ping(),
    };
  }
}
