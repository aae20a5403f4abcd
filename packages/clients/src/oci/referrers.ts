import { isCoded } from '@waybill/core';
import { algorithmOf, type Digest, hexOf } from '@waybill/core/digest';
import { type Descriptor, MAX_MANIFEST_BYTES, MEDIA_TYPE, parseManifest } from '@waybill/core/oci';
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
    return referrersTag(connection, repository, digest);
  }
  return descriptorsOf(connection, await readAtMost(bodyOf(connection, response), MAX_MANIFEST_BYTES));
}

async function referrersTag(
  connection: Connection,
  repository: string,
  digest: Digest,
): Promise<readonly Descriptor[]> {
  try {
    const tag = `${algorithmOf(digest)}-${hexOf(digest)}`;
    return descriptorsOf(connection, (await getManifest(connection, { repository, tag })).bytes);
  } catch (error) {
    if (isCoded(error, 'oci_client_not_found')) return [];
    throw error;
  }
}

function descriptorsOf(connection: Connection, bytes: Uint8Array): readonly Descriptor[] {
  try {
    const index = parseManifest(bytes, MEDIA_TYPE.imageIndex);
    return index.type === 'index' ? index.manifests : [];
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw protocol(connection, `its list of referrers is not usable (${cause.message})`, cause);
  }
}
