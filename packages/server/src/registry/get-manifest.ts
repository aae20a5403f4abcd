import type { Tx } from '../ground/index.ts';
import { nameUnknown } from './access.ts';
import type { RegistryDeps } from './deps.ts';
import { registryError } from './errors.ts';
import { digestFrom, tagOf } from './put-manifest.ts';
import {
  type At,
  findManifest,
  findTag,
  hasRepository,
  type ManifestRow,
  readManifestBytes,
} from './queries.ts';

/**
 * A tag or digest of a repository → the manifest it names now.
 * Throws `registry_name_unknown`, `registry_manifest_unknown`, `registry_tag_invalid`, `registry_digest_invalid`.
 */
export function resolveManifest(deps: RegistryDeps, at: At, reference: string): Promise<ManifestRow> {
  return deps.db.withOrg(at.orgId, (tx) => resolve(tx, at, reference));
}

/** As `resolveManifest`, with the exact bytes that were pushed. */
export function readManifest(
  deps: RegistryDeps,
  at: At,
  reference: string,
): Promise<ManifestRow & { readonly bytes: Uint8Array }> {
  return deps.db.withOrg(at.orgId, async (tx) => {
    const row = await resolve(tx, at, reference);
    const bytes = await readManifestBytes(tx, at, row.digest);
    if (bytes === null) throw await manifestUnknown(tx, at, reference);
    return { ...row, bytes };
  });
}

async function resolve(tx: Tx, at: At, reference: string): Promise<ManifestRow> {
  const digest = reference.includes(':') ? digestFrom(reference) : await findTag(tx, at, tagOf(reference));
  const row = digest === null ? null : await findManifest(tx, at, digest);
  if (row === null) throw await manifestUnknown(tx, at, reference);
  return row;
}

export async function manifestUnknown(tx: Tx, at: At, reference: string): Promise<Error> {
  if (!(await hasRepository(tx, at))) return nameUnknown(at.repository);
  return registryError('registry_manifest_unknown', `${at.repository} has no manifest ${reference}.`, {
    detail: { repository: at.repository, reference },
  });
}
