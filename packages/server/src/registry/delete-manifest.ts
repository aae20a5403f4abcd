import { writeAudit } from '../ground/index.ts';
import type { RegistryDeps } from './deps.ts';
import { registryError } from './errors.ts';
import { emitManifestDeleted } from './events.ts';
import { manifestUnknown } from './get-manifest.ts';
import { digestFrom, refusePinnedTags, tagOf } from './put-manifest.ts';
import { type At, findManifest, findTag, removeManifest, removeTag } from './queries.ts';

/**
 * Takes away a tag, or a manifest with all its tags (end-9). Evidence that the server recorded stays.
 * Throws `registry_manifest_unknown`, `registry_manifest_pinned`.
 */
export function deleteManifest(
  deps: RegistryDeps,
  at: At,
  manifest: { readonly reference: string; readonly actor: string; readonly requestId: string },
): Promise<void> {
  const { reference } = manifest;
  const tag = reference.includes(':') ? undefined : tagOf(reference);
  const wanted = tag === undefined ? digestFrom(reference) : undefined;
  return deps.db.withOrg(at.orgId, async (tx) => {
    const digest = tag === undefined ? wanted : await findTag(tx, at, tag);
    const row = digest ? await findManifest(tx, at, digest) : null;
    if (row === null) throw await manifestUnknown(tx, at, reference);
    if (tag !== undefined) {
      await refusePinnedTags(tx, at, [tag], null);
      await removeTag(tx, at, tag);
    } else {
      if (row.pinned) throw pinned(at, reference);
      await removeManifest(tx, at, row.digest);
    }
    await writeAudit(tx, {
      orgId: at.orgId,
      actor: manifest.actor,
      action: tag === undefined ? 'registry.manifest.delete' : 'registry.tag.delete',
      target: tag === undefined ? `${at.repository}@${row.digest}` : `${at.repository}:${tag}`,
      outcome: 'ok',
      detail: { digest: row.digest },
      requestId: manifest.requestId,
    });
    await emitManifestDeleted(tx, at.orgId, {
      repository: at.repository,
      digest: row.digest,
      ...(tag === undefined ? {} : { tag }),
    });
  });
}

function pinned(at: At, reference: string): Error {
  return registryError(
    'registry_manifest_pinned',
    `${at.repository}@${reference} is evidence that this server recorded: it is not deleted.`,
  );
}
