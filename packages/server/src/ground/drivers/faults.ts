/** What goes wrong with blobs, in words for a stranger: codes of the driver, never paths of the server. */
import { CodedError } from '@waybill/core';
import type { Digest } from '@waybill/core/digest';

export async function coded<T>(key: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CodedError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') throw notFound(key, error);
    throw diskFault(`blob ${key}`, error);
  }
}

export async function ignoreMissing(error: unknown): Promise<void> {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

export function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof CodedError && error.code === 'blob_not_found') return value;
    throw error;
  };
}

export function notFound(key: string, cause?: unknown): CodedError<'blob_not_found'> {
  return new CodedError('blob_not_found', `blob ${key} does not exist`, { cause });
}

export function diskFault(what: string, cause: unknown): CodedError<'blob_disk_full' | 'blob_unavailable'> {
  // The system's message names absolute paths of the server: only its code is for a stranger.
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
  if (reason === 'ENOSPC' || reason === 'EDQUOT') {
    const message = `${what}: the disk of the server is full: its operator must make room`;
    return new CodedError('blob_disk_full', message, { cause });
  }
  return new CodedError(
    'blob_unavailable',
    `${what}: the disk of the server refused (${reason}): try again, or tell its operator`,
    { cause },
  );
}

export function tooLarge(key: string, maxBytes: number): CodedError<'blob_too_large'> {
  return new CodedError('blob_too_large', `blob ${key}: larger than the limit of ${maxBytes} bytes`, {
    detail: { maxBytes },
  });
}

export function mismatch(expected: Digest, found: Digest): CodedError<'blob_digest_mismatch'> {
  return new CodedError(
    'blob_digest_mismatch',
    `the bytes are not those announced: expected ${expected}, found ${found}`,
    {
      detail: { expected, found },
    },
  );
}
