import type { Readable } from 'node:stream';
import type { Digest } from '@waybill/core/digest';
import type { RegistryDeps } from './deps.ts';
import { registryError } from './errors.ts';
import { type At, findBlobSize } from './queries.ts';

/** Size of a blob that is visible in the repository. Throws `registry_blob_unknown`. */
export async function statBlob(deps: RegistryDeps, at: At, digest: Digest): Promise<number> {
  const sizeBytes = await deps.db.withOrg(at.orgId, (tx) => findBlobSize(tx, at, digest), { atOnce: true });
  if (sizeBytes === null) throw blobUnknown(at, digest);
  return sizeBytes;
}

/** Bytes `start` to `end` of a visible blob (inclusive); all of them without a range. */
export function openBlob(
  deps: RegistryDeps,
  digest: Digest,
  range?: { readonly start: number; readonly end: number },
): Promise<Readable> {
  return deps.store.get(digest, range);
}

export function blobUnknown(at: At, digest: Digest): Error {
  return registryError(
    'registry_blob_unknown',
    `Blob ${digest} is not in ${at.repository}: push it there first, or mount it from a repository that has it.`,
    { detail: { repository: at.repository, digest } },
  );
}
