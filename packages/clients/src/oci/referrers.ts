import { isCoded } from '@waybill/core';
import { algorithmOf, type Digest, hexOf } from '@waybill/core/digest';
import {
  type Descriptor,
  type IndexManifest,
  MAX_MANIFEST_BYTES,
  MEDIA_TYPE,
  parseManifest,
} from '@waybill/core/oci';
import { type Connection, discard, protocol, send } from './connection.ts';
import { bodyOf, getManifest } from './pull.ts';
import { readAtMost } from './transfer.ts';

/**
 * What a repository has attached to a manifest, by the referrers API, or by the tag that stands in for it where a
 * registry has none (distribution-spec "Referrers tag schema"). One page. Throws `oci_client_…`.
 */
export async function listReferrers(
  connection: Connection,
  repository: string,
  digest: Digest,
): Promise<readonly Descriptor[]> {
  const url = `/v2/${repository}/referrers/${digest}`;
  const headers = { accept: MEDIA_TYPE.imageIndex };
  const response = await send(
    connection,
    { method: 'GET', url, repository, actions: 'pull', headers },
    [200, 404],
  );
  if (response.status === 404) {
    await discard(response);
    return (await referrersIndex(connection, repository, digest))?.manifests ?? [];
  }
  return indexOf(connection, await readAtMost(bodyOf(connection, response), MAX_MANIFEST_BYTES)).manifests;
}

/** distribution-spec "Referrers Tag Schema"; no more of a digest than a tag has room for. */
export function referrersTag(digest: Digest): string {
  return `${algorithmOf(digest).slice(0, 32)}-${hexOf(digest).slice(0, 64)}`;
}

/** What stands under the referrers tag; null where there is none. Throws `oci_client_protocol` where it is no index. */
export async function referrersIndex(
  connection: Connection,
  repository: string,
  digest: Digest,
): Promise<IndexManifest | null> {
  try {
    const { bytes } = await getManifest(connection, { repository, tag: referrersTag(digest) });
    return indexOf(connection, bytes);
  } catch (error) {
    if (isCoded(error, 'oci_client_not_found')) return null;
    throw error;
  }
}

function indexOf(connection: Connection, bytes: Uint8Array): IndexManifest {
  try {
    const index = parseManifest(bytes, MEDIA_TYPE.imageIndex);
    if (index.type === 'index') return index;
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw protocol(connection, `its list of referrers is not usable (${cause.message})`, cause);
  }
  throw protocol(connection, 'its list of referrers is a manifest, no index');
}
