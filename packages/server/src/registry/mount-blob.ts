import type { Digest } from '@waybill/core/digest';
import type { RegistryDeps } from './deps.ts';
import { type At, findBlobSize, insertBlob } from './queries.ts';

/**
 * Makes a blob of one repository visible in another of the same organisation (end-11). The caller has shown
 * that it may pull from `from`. False when `from` has no such blob: the client then uploads it.
 */
export function mountBlob(
  deps: RegistryDeps,
  at: At,
  mount: { readonly digest: Digest; readonly from: string },
): Promise<boolean> {
  return deps.db.withOrg(at.orgId, async (tx) => {
    const sizeBytes = await findBlobSize(tx, { orgId: at.orgId, repository: mount.from }, mount.digest);
    if (sizeBytes === null) return false;
    await insertBlob(tx, at, { digest: mount.digest, sizeBytes, now: deps.clock() });
    return true;
  });
}
