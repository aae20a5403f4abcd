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
};

/** A repository of one organisation; every query runs inside `withOrg(orgId)`, so that RLS agrees with it. */
export interface At {
  readonly orgId: string;
  readonly repository: string;
}

const tables = (tx: Tx) => tx.withTables<RegistryTables>();

export async function ensureRepository(tx: Tx, at: At, now: Date): Promise<void> {
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

/** Of a repository that is there, see `ensureRepository`. */
export async function insertBlobs(
  tx: Tx,
  at: At,
  blobs: readonly { readonly digest: Digest; readonly sizeBytes: number }[],
  now: Date,
): Promise<void> {
  const digests = blobs.map(({ digest }) => digest);
  const sizes = blobs.map(({ sizeBytes }) => sizeBytes);
  await tables(tx)
    .insertInto('registry_blobs')
    .columns(['org_id', 'repository', 'digest', 'size_bytes', 'created_at'])
    .expression(
      sql`select ${at.orgId}::uuid, ${at.repository}, d, s, ${now}::timestamptz
          from unnest(${digests}::text[], ${sizes}::bigint[]) as blob(d, s)`,
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function insertBlob(
  tx: Tx,
  at: At,
  blob: { readonly digest: Digest; readonly sizeBytes: number; readonly now: Date },
): Promise<void> {
  await Promise.all([ensureRepository(tx, at, blob.now), insertBlobs(tx, at, [blob], blob.now)]);
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

/** Sizes of those of `digests` that the repository holds; with `keep`, nobody deletes them until this transaction ends. */
export async function findSizes(
  tx: Tx,
  at: At,
  wanted: {
    readonly digests: readonly Digest[];
    readonly held: 'blobs' | 'both';
    readonly keep: boolean;
  },
): Promise<ReadonlyMap<Digest, number>> {
  const { digests, held, keep } = wanted;
  const found = new Map<Digest, number>();
  if (digests.length === 0) return found;
  const sources = held === 'both' ? (['blobs', 'manifests'] as const) : (['blobs'] as const);
  const lists = sources.map((source) => {
    const query = tables(tx)
      .selectFrom(`registry_${source}`)
      .select(['digest', 'size_bytes'])
      .where((is) => is.and({ org_id: at.orgId, repository: at.repository }))
      .where('digest', '=', sql<Digest>`any(${[...digests]}::text[])`);
    return (keep ? query.forKeyShare() : query).execute();
  });
  for (const row of (await Promise.all(lists)).flat()) found.set(row.digest, row.size_bytes);
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
}

/**
 * Of a repository that is there, see `ensureRepository`; different ones. Idempotent: the same digest is the same
 * bytes. A pinned manifest stays pinned.
 */
export async function insertManifests(
  tx: Tx,
  at: At,
  manifests: readonly NewManifest[],
  now: Date,
): Promise<void> {
  const rows = manifests.map((manifest) => ({
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
    created_at: now,
  }));
  const inserted = tables(tx)
    .insertInto('registry_manifests')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['org_id', 'repository', 'digest'])
        .doUpdateSet({ pinned: sql<boolean>`registry_manifests.pinned or excluded.pinned` }),
    )
    .execute();
  await Promise.all([inserted, insertReferences(tx, at, manifests)]);
}

async function insertReferences(tx: Tx, at: At, manifests: readonly NewManifest[]): Promise<void> {
  const edges = manifests.flatMap(({ digest, references }) =>
    [...new Set(references)].map((reference) => [digest, reference] as const),
  );
  if (edges.length === 0) return;
  const [from, to] = [edges.map(([manifest]) => manifest), edges.map(([, reference]) => reference)];
  await tables(tx)
    .insertInto('registry_references')
    .columns(['org_id', 'repository', 'manifest', 'digest'])
    .expression(
      sql`select ${at.orgId}::uuid, ${at.repository}, m, d from unnest(${from}::text[], ${to}::text[]) as edge(m, d)`,
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
    .where('registry_tags.tag', '=', sql<string>`any(${[...tags]}::text[])`)
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
    .where('digest', '=', sql<Digest>`any(${chosen}::text[])`)
    .orderBy(order)
    .execute();
  return {
    rows: rows.map((row) => ({ ...toManifest(row), annotations: row.annotations })),
    more: found.length > chosen.length,
  };
}
