import type { Digest } from '@waybill/core/digest';
import type { Descriptor } from '@waybill/core/oci';
import type { RegistryDeps } from './deps.ts';
import { type At, selectReferrers } from './queries.ts';

const PER_PAGE = 500;
// The index that lists referrers is a manifest too, and clients bound what they read at 4 MiB.
const MAX_ANNOTATION_BYTES = 2 * 1024 * 1024;

/**
 * What refers to `subject`, which need not exist (end-12), in the order of digests after `last`.
 * `next` is the `last` of the following page.
 */
export async function listReferrers(
  deps: RegistryDeps,
  at: At,
  query: {
    readonly subject: Digest;
    readonly artifactType?: string | undefined;
    readonly last?: string | undefined;
  },
): Promise<{ readonly referrers: readonly Descriptor[]; readonly next?: string }> {
  const { rows, more } = await deps.db.withOrg(at.orgId, (tx) =>
    selectReferrers(tx, at, {
      subject: query.subject,
      artifactType: query.artifactType,
      last: query.last ?? '',
      limit: PER_PAGE,
      maxBytes: MAX_ANNOTATION_BYTES,
    }),
  );
  const referrers = rows.map((row) => ({
    mediaType: row.mediaType,
    digest: row.digest,
    sizeBytes: row.sizeBytes,
    ...(row.artifactType === undefined ? {} : { artifactType: row.artifactType }),
    ...(Object.keys(row.annotations).length === 0 ? {} : { annotations: row.annotations }),
  }));
  const last = rows.at(-1)?.digest;
  return more && last !== undefined ? { referrers, next: last } : { referrers };
}
