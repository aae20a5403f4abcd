import type { Digest } from '@waybill/core/digest';
import { writeAudit } from '../ground/index.ts';
import type { RegistryDeps } from './deps.ts';
import { registryError } from './errors.ts';
import { blobUnknown } from './get-blob.ts';
import { type At, findUserOf, removeBlob } from './queries.ts';

/**
 * Takes a blob out of the repository (end-10); the store's bytes stay, as others may hold them too.
 * Throws `registry_blob_unknown`, `registry_blob_in_use`.
 */
export function deleteBlob(
  deps: RegistryDeps,
  at: At,
  blob: { readonly digest: Digest; readonly actor: string; readonly requestId: string },
): Promise<void> {
  return deps.db.withOrg(at.orgId, async (tx) => {
    if (!(await removeBlob(tx, at, blob.digest))) throw blobUnknown(at, blob.digest);
    // Asked after the row is gone: a manifest put at the same moment holds the row until its edges are committed.
    const user = await findUserOf(tx, at, blob.digest);
    if (user !== undefined) throw blobInUse(at, blob.digest, user);
    await writeAudit(tx, {
      orgId: at.orgId,
      actor: blob.actor,
      action: 'registry.blob.delete',
      target: `${at.repository}@${blob.digest}`,
      outcome: 'ok',
      requestId: blob.requestId,
    });
  });
}

function blobInUse(at: At, digest: Digest, manifest: Digest): Error {
  return registryError(
    'registry_blob_in_use',
    `Manifest ${manifest} of ${at.repository} is made of blob ${digest}: delete that manifest first.`,
    { detail: { manifest } },
  );
}
