import type { Digest } from '@waybill/core/digest';
import { type ColumnType, sql } from 'kysely';
import type { Tx } from '../ground/index.ts';

/** A type and not an interface: Kysely wants an index signature, which only a type has. */
type RegistryTables = {
  registry_repositories: { org_id: string; name: string; created_at: Date };
  registry_blobs: {
    org_id: string;
    repository: string;
    digest: Digest;
    size_bytes: number;
    created_at: Date;
  };
  registry_manifests: {
    org_id: string;
    repository: string;
    digest: Digest;
    media_type: string;
    artifact_type: string | null;
    subject_digest: Digest | null;
    annotations: ColumnType<Readonly<Record<string, string>>, string, string>;
    size_bytes: number;
    bytes: ColumnType<Buffer, Uint8Array, Uint8Array>;
    pinned: boolean;
    created_at: Date;
  };
  registry_references: { org_id: string; repository: string; manifest: Digest; digest: Digest };
  registry_tags: { org_id: string; repository: string; tag: string; digest: Digest; updated_at: Date };
  registry_uploads: { id: string; org_id: string; repository: string; token_id: string; expires_at: Date };
};

/** A repository of one organisation; every query runs inside `withOrg(orgId)`, so that RLS agrees with it. */
export interface At {
  readonly orgId: string;
  readonly repository: string;
}

const tables = (tx: Tx) => tx.withTables<RegistryTables>();

async function ensureRepository(tx: Tx, at: At, now: Date): Promise<void> {
  await tables(tx)
    .insertInto('registry_repositories')
    .values({ org_id: at.orgId, name: at.repository, created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function hasRepository(tx: Tx, at: At): Promise<boolean> {
  const row = await tables(tx)
    .selectFrom('registry_repositories')
    .select('name')
    .where('org_id', '=', at.orgId)
    .where('name', '=', at.repository)
    .executeTakeFirst();
  return row !== undefined;
}

export async function findBlobSize(tx: Tx, at: At, digest: Digest): Promise<number | null> {
  const row = await tables(tx)
    .selectFrom('registry_blobs')
    .select('size_bytes')
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository, digest }))
    .executeTakeFirst();
  return row?.size_bytes ?? null;
}

export async function insertBlob(
  tx: Tx,
  at: At,
  blob: { readonly digest: Digest; readonly sizeBytes: number; readonly now: Date },
): Promise<void> {
  await ensureRepository(tx, at, blob.now);
  await tables(tx)
    .insertInto('registry_blobs')
    .values({
      org_id: at.orgId,
      repository: at.repository,
      digest: blob.digest,
      size_bytes: blob.sizeBytes,
      created_at: blob.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function removeBlob(tx: Tx, at: At, digest: Digest): Promise<boolean> {
  const result = await tables(tx)
    .deleteFrom('registry_blobs')
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository, digest }))
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** A manifest that is made of `digest`; undefined when none is. */
export async function findUserOf(tx: Tx, at: At, digest: Digest): Promise<Digest | undefined> {
  const row = await tables(tx)
    .selectFrom('registry_references')
    .select('manifest')
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository, digest }))
    .limit(1)
    .executeTakeFirst();
  return row?.manifest;
}

/** Sizes of those of `digests` that the repository holds, kept from deletion until this transaction ends. */
export async function findSizes(
  tx: Tx,
  at: At,
  digests: readonly Digest[],
  held: 'blobs' | 'manifests' | 'both',
): Promise<ReadonlyMap<Digest, number>> {
  if (digests.length === 0) return new Map();
  const sources = held === 'both' ? (['blobs', 'manifests'] as const) : [held];
  const found = new Map<Digest, number>();
  for (const source of sources) {
    const rows = await tables(tx)
      .selectFrom(`registry_${source}`)
      .select(['digest', 'size_bytes'])
      .where((is) => is.and({ org_id: at.orgId, repository: at.repository }))
      .where('digest', '=', sql<Digest>`any(${[...digests]}::text[])`)
      .forKeyShare()
      .execute();
    for (const row of rows) found.set(row.digest, row.size_bytes);
  }
  return found;
}

export interface ManifestRow {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  readonly subject: Digest | undefined;
  readonly sizeBytes: number;
  readonly pinned: boolean;
}

export interface NewManifest extends ManifestRow {
  readonly annotations: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
  readonly references: readonly Digest[];
  readonly now: Date;
}

/** Idempotent: the same digest is the same bytes. A pinned manifest stays pinned. */
export async function insertManifest(tx: Tx, at: At, manifest: NewManifest): Promise<void> {
  await ensureRepository(tx, at, manifest.now);
  await tables(tx)
    .insertInto('registry_manifests')
    .values({
      org_id: at.orgId,
      repository: at.repository,
      digest: manifest.digest,
      media_type: manifest.mediaType,
      artifact_type: manifest.artifactType ?? null,
      subject_digest: manifest.subject ?? null,
      annotations: JSON.stringify(manifest.annotations),
      size_bytes: manifest.sizeBytes,
      bytes: manifest.bytes,
      pinned: manifest.pinned,
      created_at: manifest.now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'repository', 'digest'])
        .doUpdateSet({ pinned: sql<boolean>`registry_manifests.pinned or excluded.pinned` }),
    )
    .execute();
  if (manifest.references.length === 0) return;
  await tables(tx)
    .insertInto('registry_references')
    .columns(['org_id', 'repository', 'manifest', 'digest'])
    .expression(
      sql`select ${at.orgId}::uuid, ${at.repository}, ${manifest.digest}, d from unnest(${[...new Set(manifest.references)]}::text[]) d`,
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

function manifestRows(tx: Tx, at: At) {
  return tables(tx)
    .selectFrom('registry_manifests')
    .select(['digest', 'media_type', 'artifact_type', 'subject_digest', 'size_bytes', 'pinned'])
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository }));
}

type SelectedManifest = Awaited<ReturnType<ReturnType<typeof manifestRows>['executeTakeFirstOrThrow']>>;

function toManifest(row: SelectedManifest): ManifestRow {
  return {
    digest: row.digest,
    mediaType: row.media_type,
    artifactType: row.artifact_type ?? undefined,
    subject: row.subject_digest ?? undefined,
    sizeBytes: row.size_bytes,
    pinned: row.pinned,
  };
}

export async function findManifest(tx: Tx, at: At, digest: Digest): Promise<ManifestRow | null> {
  const row = await manifestRows(tx, at).where('digest', '=', digest).executeTakeFirst();
  return row === undefined ? null : toManifest(row);
}

export async function readManifestBytes(tx: Tx, at: At, digest: Digest): Promise<Uint8Array | null> {
  const row = await tables(tx)
    .selectFrom('registry_manifests')
    .select('bytes')
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository, digest }))
    .executeTakeFirst();
  return row?.bytes ?? null;
}

/** With its tags and edges (on delete cascade). */
export async function removeManifest(tx: Tx, at: At, digest: Digest): Promise<void> {
  await tables(tx)
    .deleteFrom('registry_manifests')
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository, digest }))
    .execute();
}

export async function findTag(tx: Tx, at: At, tag: string): Promise<Digest | null> {
  const row = await tables(tx)
    .selectFrom('registry_tags')
    .select('digest')
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository, tag }))
    .executeTakeFirst();
  return row?.digest ?? null;
}

/** Those of `tags` that point to a pinned manifest other than `digest`. */
export async function findPinnedTags(
  tx: Tx,
  at: At,
  tags: readonly string[],
  digest: Digest | null,
): Promise<readonly string[]> {
  if (tags.length === 0) return [];
  let query = tables(tx)
    .selectFrom('registry_tags')
    .innerJoin('registry_manifests', (join) =>
      join
        .onRef('registry_manifests.org_id', '=', 'registry_tags.org_id')
        .onRef('registry_manifests.repository', '=', 'registry_tags.repository')
        .onRef('registry_manifests.digest', '=', 'registry_tags.digest'),
    )
    .select('registry_tags.tag')
    .where('registry_tags.org_id', '=', at.orgId)
    .where('registry_tags.repository', '=', at.repository)
    .where('registry_tags.tag', 'in', [...tags])
    .where('registry_manifests.pinned', '=', true);
  if (digest !== null) query = query.where('registry_tags.digest', '!=', digest);
  return (await query.execute()).map((row) => row.tag);
}

export async function setTag(
  tx: Tx,
  at: At,
  tag: { readonly name: string; readonly digest: Digest; readonly now: Date },
): Promise<void> {
  await tables(tx)
    .insertInto('registry_tags')
    .values({
      org_id: at.orgId,
      repository: at.repository,
      tag: tag.name,
      digest: tag.digest,
      updated_at: tag.now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'repository', 'tag'])
        .doUpdateSet({ digest: tag.digest, updated_at: tag.now }),
    )
    .execute();
}

export async function removeTag(tx: Tx, at: At, tag: string): Promise<void> {
  await tables(tx)
    .deleteFrom('registry_tags')
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository, tag }))
    .execute();
}

/** In byte order, after `last`. */
export async function selectTags(
  tx: Tx,
  at: At,
  page: { readonly last: string; readonly limit: number },
): Promise<readonly string[]> {
  const rows = await tables(tx)
    .selectFrom('registry_tags')
    .select('tag')
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository }))
    .where('tag', '>', page.last)
    .orderBy('tag')
    .limit(page.limit)
    .execute();
  return rows.map((row) => row.tag);
}

export interface ReferrerRow extends ManifestRow {
  readonly annotations: Readonly<Record<string, string>>;
}

/**
 * Referrers of `subject` in the order of their digests, after `last`: at most `limit`, and no more than
 * `maxBytes` of annotations together (but one at least), as a tenant chooses how large they are.
 */
export async function selectReferrers(
  tx: Tx,
  at: At,
  page: {
    readonly subject: Digest;
    readonly artifactType: string | undefined;
    readonly last: string;
    readonly limit: number;
    readonly maxBytes: number;
  },
): Promise<{ readonly rows: readonly ReferrerRow[]; readonly more: boolean }> {
  const order = sql`digest collate "C"`;
  let candidates = tables(tx)
    .selectFrom('registry_manifests')
    .select([
      'digest',
      sql<string>`sum(octet_length(annotations::text)) over (order by ${order})`.as('running'),
    ])
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository }))
    .where('subject_digest', '=', page.subject)
    .where(sql<boolean>`${order} > ${page.last}`)
    .orderBy(order)
    .limit(page.limit + 1);
  if (page.artifactType !== undefined) candidates = candidates.where('artifact_type', '=', page.artifactType);
  const found = await candidates.execute();
  const chosen = found
    .slice(0, page.limit)
    .filter((row, place) => place === 0 || Number(row.running) <= page.maxBytes)
    .map((row) => row.digest);
  if (chosen.length === 0) return { rows: [], more: false };
  const rows = await manifestRows(tx, at)
    .select('annotations')
    .where('digest', 'in', chosen)
    .orderBy(order)
    .execute();
  return {
    rows: rows.map((row) => ({ ...toManifest(row), annotations: row.annotations })),
    more: found.length > chosen.length,
  };
}

export async function insertUpload(
  tx: Tx,
  at: At,
  upload: { readonly id: string; readonly tokenId: string; readonly expiresAt: Date },
): Promise<void> {
  await tables(tx)
    .insertInto('registry_uploads')
    .values({
      id: upload.id,
      org_id: at.orgId,
      repository: at.repository,
      token_id: upload.tokenId,
      expires_at: upload.expiresAt,
    })
    .execute();
}

/** The live session; its life is prolonged to `expiresAt` in the same statement. */
export async function touchUpload(
  tx: Tx,
  at: At,
  upload: { readonly id: string; readonly now: Date; readonly expiresAt: Date },
): Promise<boolean> {
  const result = await tables(tx)
    .updateTable('registry_uploads')
    .set({ expires_at: upload.expiresAt })
    .where('id', '=', upload.id)
    .where((is) => is.and({ org_id: at.orgId, repository: at.repository }))
    .where('expires_at', '>', upload.now)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function removeUpload(tx: Tx, id: string): Promise<void> {
  await tables(tx).deleteFrom('registry_uploads').where('id', '=', id).execute();
}

export async function selectExpiredUploads(tx: Tx, now: Date, limit: number): Promise<readonly string[]> {
  const rows = await tables(tx)
    .selectFrom('registry_uploads')
    .select('id')
    .where('expires_at', '<=', now)
    .orderBy('expires_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.id);
}
