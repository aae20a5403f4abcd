import type { RegistryDeps } from './deps.ts';
import { removeUpload, selectExpiredUploads } from './queries/uploads.ts';
import { partKey } from './upload-blob.ts';

const PER_ROUND = 500;

/** Deletes upload sessions that nobody touched for their lifetime, with their bytes. Returns how many. */
export async function expireUploads(deps: RegistryDeps): Promise<number> {
  const ids = await deps.db.asSystem((tx) => selectExpiredUploads(tx, deps.clock(), PER_ROUND));
  for (const id of ids) {
    // The bytes first: a row without bytes is found again by the next round, bytes without a row never.
    await deps.blobs.delete(partKey(id));
    deps.openUploads.forget(id);
    await deps.db.asSystem((tx) => removeUpload(tx, id));
  }
  return ids.length;
}
