import type { Digest } from '@waybill/core/digest';
import { MEDIA_TYPE } from '@waybill/core/oci';
import type { Tx } from '../ground/index.ts';
import type { Stored } from '../store/index.ts';
import { type RepositoryOf, repositoryAt } from './evidence.ts';
import { parsePut, recordPuts, requireContent, rowOf } from './put-manifest.ts';
import { ensureRepository, insertBlobs, insertManifests, setTag } from './queries.ts';

export interface EvidenceManifest {
  /** Of an image manifest, as the server made it. */
  readonly bytes: Uint8Array;
  /** Without it the manifest is found by digest and by subject. */
  readonly tag?: string;
}

/**
 * Blobs that the server has made and stored, and manifests of them, pinned: clients can neither delete nor retag
 * them. In the caller's transaction, so that all the evidence of a run appears at once, and in a few statements,
 * whatever its number. A retry with the same bytes changes nothing. Throws as a client's push does.
 */
export async function putEvidence(
  tx: Tx,
  evidence: RepositoryOf & {
    readonly blobs: readonly Stored[];
    readonly manifests: readonly EvidenceManifest[];
    readonly now: Date;
  },
): Promise<readonly Digest[]> {
  const { blobs, now } = evidence;
  const at = repositoryAt(evidence);
  const puts = evidence.manifests.map(({ bytes, tag }) =>
    parsePut({
      bytes,
      mediaType: MEDIA_TYPE.imageManifest,
      pinned: true,
      actor: 'server',
      ...(tag === undefined ? {} : { reference: tag }),
    }),
  );
  await ensureRepository(tx, at, now);
  await insertBlobs(tx, at, blobs, now);
  await requireContent(
    tx,
    at,
    puts.map(({ manifest }) => manifest),
  );
  await insertManifests(tx, at, puts.map(rowOf), now);
  for (const { tags, digest } of puts) {
    for (const name of tags) await setTag(tx, at, { name, digest, now });
  }
  await recordPuts(tx, at, puts);
  return puts.map(({ digest }) => digest);
}
