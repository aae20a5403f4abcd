import type { Readable } from 'node:stream';
import { CodedError } from '@waybill/core';
import type { Digest } from '@waybill/core/digest';

export interface BlobRange {
  /** First byte, from 0. */
  readonly start: number;
  /** Last byte, included; to the end when left out. */
  readonly end?: number;
}

export interface PutOptions {
  readonly expected?: Digest;
  readonly maxBytes?: number;
}

/**
 * Bytes under keys. Keys are relative slash paths of `[a-z0-9._-]` segments. Every implementation MUST have
 * written durably what it has acknowledged, and MUST show a key with whole bytes or not at all.
 */
export interface BlobDriver {
  /**
   * Streams to a place aside, hashes while writing, then shows the key. Another digest than `expected` is
   * `blob_digest_mismatch`, more than maxBytes `blob_too_large`, a source that breaks off `blob_interrupted`: nothing is kept.
   */
  put(
    key: string,
    source: AsyncIterable<Uint8Array> | Uint8Array,
    options?: PutOptions,
  ): Promise<{ digest: Digest; sizeBytes: number }>;
  /** Overwrites atomically and durably. */
  replace(key: string, bytes: Uint8Array): Promise<void>;
  /** Throws `blob_not_found`, `blob_range_invalid`. */
  open(key: string, range?: BlobRange): Promise<Readable>;
  /** Throws `blob_not_found`. */
  read(key: string): Promise<Uint8Array>;
  stat(key: string): Promise<{ sizeBytes: number } | null>;
  /** A key that is not there is no error. */
  delete(key: string): Promise<void>;
  /**
   * Resumable uploads: adds to the end of a part, which must be `at` bytes long (`blob_wrong_offset` with
   * detail.sizeBytes otherwise). What was written before an interruption stays; the end of what arrived may not be.
   */
  append(
    key: string,
    source: AsyncIterable<Uint8Array>,
    options: { readonly at: number; readonly maxBytes: number },
  ): Promise<{ sizeBytes: number }>;
  /** Atomic; replaces `to`. Throws `blob_not_found`. */
  rename(from: string, to: string): Promise<void>;
  /** Every key below `<prefix>/` that is there for the whole of the listing; others may be among them. */
  list(prefix: string): AsyncIterable<string>;
  /** Writes something and takes it away again. Throws `blob_disk_full`, `blob_unavailable`. */
  ping(): Promise<void>;
}

const SEGMENT = /^[a-z0-9_-][a-z0-9._-]*$/;
const MAX_KEY_LENGTH = 1000;
const MAX_SEGMENT_LENGTH = 200;

/**
 * Throws `blob_key_invalid`. No segment begins with a dot, so that neither `..` nor a driver's own
 * names can be spelled.
 */
export function assertBlobKey(key: string): void {
  const valid =
    key.length <= MAX_KEY_LENGTH &&
    key.split('/').every((segment) => segment.length <= MAX_SEGMENT_LENGTH && SEGMENT.test(segment));
  if (valid) return;
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key;
  throw new CodedError(
    'blob_key_invalid',
    `blob key ${JSON.stringify(shown)}: expected segments of a-z, 0-9, ".", "_", "-" joined by "/", none starting with "."`,
  );
}
