import { EMPTY_BLOB } from '@waybill/core/oci';
import type { BlobDriver, Clock, Db } from '../ground/index.ts';
import type { Store } from '../store/index.ts';
import { OpenUploads } from './open-uploads.ts';

export interface RegistryDeps {
  readonly db: Db;
  readonly store: Store;
  /** Where the part files of open uploads lie; the same driver as the store's, so that a finished one is renamed. */
  readonly blobs: BlobDriver;
  readonly clock: Clock;
  readonly openUploads: OpenUploads;
  readonly maxBlobBytes: number;
  /** An upload session that nobody touches for so long is forgotten. */
  readonly uploadLifetimeMs: number;
}

const GIBIBYTE = 1024 ** 3;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What every use case of this room works with. The empty blob, which all evidence refers to, is stored from here on. */
export async function openRegistry(
  options: Pick<RegistryDeps, 'db' | 'store' | 'blobs' | 'clock'> &
    Partial<Pick<RegistryDeps, 'maxBlobBytes' | 'uploadLifetimeMs'>>,
): Promise<RegistryDeps> {
  await options.store.put(EMPTY_BLOB);
  return Object.freeze({
    maxBlobBytes: 10 * GIBIBYTE,
    uploadLifetimeMs: DAY_MS,
    ...options,
    openUploads: new OpenUploads(),
  });
}
