import type { Readable } from 'node:stream';
import type { Digest } from '@waybill/core/digest';
import { isRepository } from '@waybill/core/oci';
import type { Tx } from '../ground/index.ts';
import type { Stored } from '../store/index.ts';
import { nameUnknown } from './access.ts';
import type { RegistryDeps } from './deps.ts';
import { registryError } from './errors.ts';
import { blobUnknown, openBlob, statBlob } from './get-blob.ts';
import { type PutReceipt, storeManifest } from './put-manifest.ts';
import { findBlobSize, findManifest, findSizes, insertBlob, type ManifestRow } from './queries.ts';

/** A repository of an organisation, as later rooms name it: they have authorized their caller themselves. */
export interface RepositoryOf {
  readonly orgId: string;
  readonly orgName: string;
  /** `<orgName>/…` */
  readonly repository: string;
}

/**
 * A manifest that the server makes, pinned: clients can neither delete nor retag it. In the caller's transaction,
 * so that all the evidence of a run appears at once. A retry with the same bytes changes nothing. Throws as a
 * client's push does.
 */
export function putManifest(
  tx: Tx,
  put: RepositoryOf & {
    /** A tag; without it the manifest is found by digest and by subject. */
    readonly reference?: string;
    readonly bytes: Uint8Array;
    readonly mediaType: string;
    readonly now: Date;
  },
): Promise<PutReceipt> {
  const { reference, bytes, mediaType, now } = put;
  return storeManifest(tx, repositoryAt(put), {
    bytes,
    mediaType,
    pinned: true,
    actor: 'server',
    now,
    ...(reference === undefined ? {} : { reference }),
  });
}

/** Makes a blob of the store visible in the repository, for bytes that the server has made and stored itself. */
export function linkBlob(
  tx: Tx,
  blob: RepositoryOf & { readonly stored: Stored; readonly now: Date },
): Promise<void> {
  return insertBlob(tx, repositoryAt(blob), { ...blob.stored, now: blob.now });
}

/** Sizes of those of `digests` that are visible as blobs in the repository. For a transaction of the caller. */
export function blobSizes(
  tx: Tx,
  at: Pick<RepositoryOf, 'orgId' | 'repository'>,
  digests: readonly Digest[],
): Promise<ReadonlyMap<Digest, number>> {
  return findSizes(tx, at, digests, 'blobs');
}

/** True when the blob is visible in the repository. */
export async function hasBlob(
  tx: Tx,
  at: Pick<RepositoryOf, 'orgId' | 'repository'>,
  digest: Digest,
): Promise<boolean> {
  return (await findBlobSize(tx, at, digest)) !== null;
}

/** The blob's bytes as a stream, for one that is visible in the repository. Throws `registry_blob_unknown`. */
export async function streamBlob(
  deps: RegistryDeps,
  at: Pick<RepositoryOf, 'orgId' | 'repository'>,
  digest: Digest,
): Promise<Readable> {
  await statBlob(deps, at, digest);
  return openBlob(deps, digest);
}

/** The whole blob. Throws `registry_blob_unknown`, and `registry_blob_too_large` over `maxBytes`. */
export async function readBlob(
  deps: RegistryDeps,
  at: Pick<RepositoryOf, 'orgId' | 'repository'>,
  blob: { readonly digest: Digest; readonly maxBytes: number },
): Promise<Uint8Array> {
  const sizeBytes = await statBlob(deps, at, blob.digest);
  if (sizeBytes > blob.maxBytes) {
    throw registryError(
      'registry_blob_too_large',
      `Blob ${blob.digest} has ${sizeBytes} bytes; at most ${blob.maxBytes} are read at once.`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of await openBlob(deps, blob.digest)) chunks.push(chunk as Uint8Array);
  const bytes = Buffer.concat(chunks);
  if (bytes.length !== sizeBytes) throw blobUnknown(at, blob.digest);
  return bytes;
}

/** What is known of a manifest by digest; null when the repository has none. For a transaction of the caller. */
export function statManifest(
  tx: Tx,
  at: Pick<RepositoryOf, 'orgId' | 'repository'>,
  digest: Digest,
): Promise<ManifestRow | null> {
  return findManifest(tx, at, digest);
}

function repositoryAt(of: RepositoryOf): { readonly orgId: string; readonly repository: string } {
  if (!isRepository(of.repository)) {
    throw registryError(
      'registry_name_invalid',
      `${JSON.stringify(of.repository.slice(0, 100))} is no repository name: expected lower-case path segments.`,
    );
  }
  if (of.repository.split('/')[0] !== of.orgName) throw nameUnknown(of.repository);
  return { orgId: of.orgId, repository: of.repository };
}
