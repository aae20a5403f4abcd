import {
  descriptorOf,
  artifactManifest,
  type Descriptor,
  EMPTY_BLOB,
  formatManifest,
  MEDIA_TYPE,
} from '@waybill/core/oci';
import type { Digest } from '@waybill/core/digest';
import type { Connection } from './connection.ts';
import { ociClientError } from './errors.ts';
import { pushBlob, pushManifest } from './push.ts';
import { listReferrers, referrersIndex, referrersTag } from './referrers.ts';

export interface ArtifactToAttach {
  readonly subject: Descriptor;
  readonly artifactType: string;
  /** Of the one layer. */
  readonly bytes: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface AttachedArtifact {
  /** Of its manifest. */
  readonly digest: Digest;
  /** False when it was there already. */
  readonly attached: boolean;
}

/**
 * Attaches an artifact of one blob to a manifest of the same repository: as a referrer, and where the registry has no
 * referrers API in the index under the tag that stands in for it (distribution-spec "Pushing Manifests with Subject").
 * The same artifact again changes nothing. Throws `oci_client_…`.
 */
export async function attachArtifact(
  connection: Connection,
  repository: string,
  artifact: ArtifactToAttach,
): Promise<AttachedArtifact> {
  const { subject, artifactType, bytes, annotations } = artifact;
  const layers = [descriptorOf(bytes, artifactType)];
  const manifest = artifactManifest({ artifactType, layers, subject, annotations });
  const formatted = formatManifest(manifest);
  const referrer = { ...descriptorOf(formatted, manifest.mediaType), artifactType, annotations };
  if (holds(await listReferrers(connection, repository, subject.digest), referrer))
    return { digest: referrer.digest, attached: false };
  await pushBlob(connection, repository, bytes);
  await pushBlob(connection, repository, EMPTY_BLOB);
  const pushed = await pushManifest(
    connection,
    { repository },
    { bytes: formatted, mediaType: manifest.mediaType },
  );
  if (!pushed.subjectKept) await listUnderTag(connection, repository, { subject, referrer });
  return { digest: referrer.digest, attached: true };
}

const TRIES = 5;

/** A tag cannot be changed on a condition: whoever writes at the same time may take the entry away, so it is read again. */
async function listUnderTag(
  connection: Connection,
  repository: string,
  { subject, referrer }: { readonly subject: Descriptor; readonly referrer: Descriptor },
): Promise<void> {
  const tag = referrersTag(subject.digest);
  for (let tried = 0; ; tried++) {
    const index = await referrersIndex(connection, repository, subject.digest);
    const manifests = index?.manifests ?? [];
    if (holds(manifests, referrer)) return;
    if (tried === TRIES) break;
    const changed = {
      ...(index ?? { type: 'index' as const, mediaType: MEDIA_TYPE.imageIndex }),
      manifests: [...manifests, referrer],
    };
    await pushManifest(
      connection,
      { repository, tag },
      { bytes: formatManifest(changed), mediaType: changed.mediaType },
    );
  }
  throw ociClientError(
    'oci_client_unavailable',
    `The list of referrers of ${subject.digest} (tag ${tag}) is written by others at the same time: run the same command again.`,
  );
}

function holds(list: readonly Descriptor[], { digest }: Descriptor): boolean {
  return list.some((one) => one.digest === digest);
}
