import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { isCoded } from '@waybill/core';
import { algorithmOf, type Digest, digestOf, hexOf } from '@waybill/core/digest';
import type { BlobDriver, BlobRange, PutOptions } from '../ground/index.ts';
import { storeError } from './errors.ts';

export interface Stored {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** Bytes by their digest. The digest is taken as valid: parse it first where it comes from a stranger. */
export interface Store {
  /**
   * Durable when it resolves. Without `expected` the digest is SHA-256. Throws `blob_digest_mismatch`,
   * `blob_too_large`, `blob_interrupted`, `blob_disk_full`, `blob_unavailable`; nothing is kept then.
   */
  put(source: AsyncIterable<Uint8Array> | Uint8Array, options?: PutOptions): Promise<Stored>;
  /** Streams all bytes, or a range of them (ends included). Throws `store_not_found`, `blob_range_invalid`. */
  get(digest: Digest, range?: BlobRange): Promise<Readable>;
  /** All bytes in memory, hashed again. Throws `store_not_found`, `store_too_large`, `store_corrupt`. */
  read(digest: Digest, options?: { readonly maxBytes?: number }): Promise<Uint8Array>;
  /** null when it is not there. */
  stat(digest: Digest): Promise<{ readonly sizeBytes: number } | null>;
  /**
   * Takes over a finished part file of the same driver under its digest, without copying it. The caller MUST have
   * hashed the very bytes of the part and have ended all writing to it. Throws `blob_not_found`.
   */
  adopt(partKey: string, stored: Stored): Promise<void>;
  /** Throws `blob_disk_full`, `blob_unavailable` when nothing can be written. */
  ping(): Promise<void>;
}

/** What is read into memory at once; larger blobs are streamed. */
const MAX_READ_BYTES = 64 * 1024 * 1024;

export function openStore(driver: BlobDriver): Store {
  return Object.freeze({
    put: (source, options = {}) => put(driver, source, options),
    get: (digest, range) => known(digest, () => driver.open(keyOf(digest), range)),
    read: (digest, options = {}) => read(driver, digest, options.maxBytes ?? MAX_READ_BYTES),
    stat: (digest) => driver.stat(keyOf(digest)),
    adopt: (partKey, stored) => driver.rename(partKey, keyOf(stored.digest)),
    ping: () => driver.ping(),
  } satisfies Store);
}

async function put(
  driver: BlobDriver,
  source: AsyncIterable<Uint8Array> | Uint8Array,
  options: PutOptions,
): Promise<Stored> {
  const digest = options.expected ?? (source instanceof Uint8Array ? digestOf(source) : null);
  if (digest !== null) return driver.put(keyOf(digest), source, { ...options, expected: digest });
  // The name is known only at the end of the stream.
  const incoming = `incoming/${randomUUID()}`;
  const stored = await driver.put(incoming, source, options);
  await driver.rename(incoming, keyOf(stored.digest));
  return stored;
}

async function read(driver: BlobDriver, digest: Digest, maxBytes: number): Promise<Uint8Array> {
  const found = await driver.stat(keyOf(digest));
  if (found !== null && found.sizeBytes > maxBytes) {
    throw storeError(
      'store_too_large',
      `blob ${digest} has ${found.sizeBytes} bytes, at most ${maxBytes} are read at once`,
    );
  }
  const bytes = await known(digest, () => driver.read(keyOf(digest)));
  const actual = digestOf(bytes, algorithmOf(digest));
  if (actual === digest) return bytes;
  throw storeError(
    'store_corrupt',
    `the stored bytes of ${digest} now hash to ${actual}: the disk or somebody changed them; restore the blob from a backup`,
  );
}

async function known<T>(digest: Digest, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isCoded(cause, 'blob_not_found')) throw cause;
    throw storeError(
      'store_not_found',
      `blob ${digest} is not in the store: its file was removed, or its disk is not mounted. Restore it, then try again`,
      { cause },
    );
  }
}

/** Two digits first: a directory with a million entries is slow on many file systems. */
function keyOf(digest: Digest): string {
  const hex = hexOf(digest);
  return `store/${algorithmOf(digest)}/${hex.slice(0, 2)}/${hex}`;
}
