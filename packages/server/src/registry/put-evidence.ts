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
  const manifests = puts.map(({ manifest }) => manifest);
  const tags = puts.flatMap(({ tags: names, digest }) => names.map((name) => ({ name, digest, now })));
  // Together: when content is missing, all of it is undone with the transaction.
  await Promise.all([
    ensureRepository(tx, at, now),
    insertBlobs(tx, at, blobs, now),
    requireContent(tx, at, manifests),
    insertManifests(tx, at, puts.map(rowOf), now),
    ...tags.map((tag) => setTag(tx, at, tag)),
    recordPuts(tx, at, puts),
  ]);
  return puts.map(({ digest }) => digest);
}
