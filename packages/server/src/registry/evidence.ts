import type { Digest } from '@waybill/core/digest';
import { isRepository } from '@waybill/core/oci';
import type { Tx } from '../ground/index.ts';
import { nameUnknown } from './access.ts';
import { registryError } from './errors.ts';
import { findManifest, findSizes, type ManifestRow } from './queries.ts';

/** A repository of an organisation, as later rooms name it: they have authorized their caller themselves. */
export interface RepositoryOf {
  readonly orgId: string;
  readonly orgName: string;
  /** `<orgName>/…` */
  readonly repository: string;
}

/** Sizes of those of `digests` that are visible as blobs in the repository. For a transaction of the caller. */
export function blobSizes(
  tx: Tx,
  at: Pick<RepositoryOf, 'orgId' | 'repository'>,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, number>> {
  return findSizes(tx, at, { digests, held: 'blobs', keep: false });
}

/** What is known of a manifest by digest; null when the repository has none. For a transaction of the caller. */
export function statManifest(
  tx: Tx,
  at: Pick<RepositoryOf, 'orgId' | 'repository'>,
  digest: Digest,
): Promise<ManifestRow | null> {
  return findManifest(tx, at, digest);
}

/** Throws `registry_name_invalid`, `registry_name_unknown`. */
export function repositoryAt(of: RepositoryOf): { readonly orgId: string; readonly repository: string } {
  if (!isRepository(of.repository)) {
    throw registryError(
      'registry_name_invalid',
      `${JSON.stringify(of.repository.slice(0, 100))} is no repository name: expected lower-case path segments.`,
    );
  }
  if (of.repository.split('/')[0] !== of.orgName) throw nameUnknown(of.repository);
  return { orgId: of.orgId, repository: of.repository };
}
