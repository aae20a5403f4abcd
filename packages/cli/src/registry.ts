import path from 'node:path';
import { stat } from 'node:fs/promises';
import {
  type ArtifactToAttach,
  attachArtifact,
  connect,
  getBlob,
  getManifest,
  headManifest,
  listReferrers,
  type PushedBlob,
  pushBlob,
  pushFile,
  readBlob,
  statBlob,
  type Connection as RegistryConnection,
} from '@waybill/clients/oci';
import { isCoded } from '@waybill/core';
import { ATTACHMENT_MEDIA_TYPE, type Bundle, parseAttachment, parseBundle } from '@waybill/core/bundle';
import type { Digest } from '@waybill/core/digest';
import { type Descriptor, formatReference, parseReference, type Reference } from '@waybill/core/oci';
import type { Connection } from './connection.ts';
import { registryCredentials } from './registry-credentials.ts';
import type { Session } from './session.ts';

export interface PulledImage {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  /** `host/repository[:tag]@digest`. */
  readonly reference: string;
}

/** Where the content of materials is kept. What is there already is not sent again. */
export interface MaterialStore {
  /** `filename` is what a person at a terminal sees on its way. */
  putBytes(bytes: Uint8Array, filename: string): Promise<PushedBlob>;
  putFile(file: string): Promise<PushedBlob>;
}

/** The manifest that an image reference names now, from whatever registry. Throws `oci_reference_invalid`, `oci_client_…`. */
export async function pullImage(
  session: Session,
  connection: Connection,
  text: string,
): Promise<PulledImage> {
  const reference = parseReference(text);
  const registry = await registryOf(session, connection, reference);
  const { bytes, descriptor } = await getManifest(registry, reference);
  return {
    bytes,
    digest: descriptor.digest,
    reference: formatReference({ ...reference, digest: descriptor.digest }),
  };
}

/** Attaches an artifact of one blob to the manifest that `reference` names; false: it was there. Throws `oci_client_…`. */
export async function attachTo(
  session: Session,
  connection: Connection | null,
  { reference, ...artifact }: Omit<ArtifactToAttach, 'subject'> & { readonly reference: Reference },
): Promise<boolean> {
  const registry = await registryOf(session, connection, reference);
  const subject = await headManifest(registry, reference);
  return (await attachArtifact(registry, reference.repository, { ...artifact, subject })).attached;
}

/** More referrers than these are not looked through. */
const MAX_BUNDLES = 32;
const MAX_BUNDLE_BYTES = 32 * 1024 * 1024;

/** Reads and parses one when it is its turn. Throws `bundle_…`, `dsse_…`. */
export type AttachedBundle = () => Bundle;

/**
 * The attestations that are attached to an image: as Sigstore bundles, and as cosign attached them before, under the tag
 * `sha256-<hex>.att`. Those that say to be provenance come first. Throws `oci_client_…`.
 */
export async function attachedBundles(
  session: Session,
  reference: Reference,
): Promise<readonly AttachedBundle[]> {
  const { repository, digest } = reference;
  if (digest === undefined) throw new TypeError('an image by its digest');
  const registry = await registryOf(session, null, reference);
  const [referrers, layers] = await Promise.all([
    listReferrers(registry, repository, digest),
    attachmentsOf(registry, repository, digest),
  ]);
  const bundles = referrers.filter(({ artifactType = '' }) =>
    artifactType.startsWith('application/vnd.dev.sigstore.bundle'),
  );
  const found = [...bundles, ...layers]
    .toSorted((a, b) => Number(isProvenance(b)) - Number(isProvenance(a)))
    .slice(0, MAX_BUNDLES);
  const read = (blob: Descriptor) => readBlob(registry, repository, { ...blob, maxBytes: MAX_BUNDLE_BYTES });
  return Promise.all(
    found.map(async (one): Promise<AttachedBundle> => {
      if (one.mediaType === ATTACHMENT_MEDIA_TYPE) {
        const envelope = await read(one);
        return () => parseAttachment(envelope, one.annotations);
      }
      const { manifest } = await getManifest(registry, { repository, digest: one.digest });
      const [layer] = manifest.type === 'image' ? manifest.layers : [];
      const bytes = layer === undefined ? new Uint8Array() : await read(layer);
      return () => parseBundle(bytes);
    }),
  );
}

/** What `cosign attest` left before it wrote bundles: layers of one manifest, each with annotations of its own. */
async function attachmentsOf(
  registry: RegistryConnection,
  repository: string,
  digest: Digest,
): Promise<readonly Descriptor[]> {
  const tag = `${digest.replace(':', '-')}.att`;
  try {
    const { manifest } = await getManifest(registry, { repository, tag });
    if (manifest.type !== 'image') return [];
    return manifest.layers.filter(({ mediaType }) => mediaType === ATTACHMENT_MEDIA_TYPE);
  } catch (error) {
    if (isCoded(error, 'oci_client_not_found')) return [];
    throw error;
  }
}

function isProvenance({ annotations }: Descriptor): boolean {
  const type = annotations?.['dev.sigstore.bundle.predicateType'] ?? annotations?.['predicateType'];
  return type?.startsWith('https://slsa.dev/provenance/') === true;
}

async function registryOf(
  session: Session,
  connection: Connection | null,
  { registry, repository }: Reference,
): Promise<RegistryConnection> {
  if (connection && registry === new URL(connection.url).host) return ownRegistry(connection, repository);
  const credentials = await registryCredentials(session, registry);
  return connect(registry, { fetch: session.fetch, credentials });
}

/** The repository of a run, as the place that materials go to. Throws `oci_client_…`, and what the disk says. */
export function materialStore(
  { output }: Pick<Session, 'output'>,
  connection: Connection,
  repository: string,
): MaterialStore {
  const registry = ownRegistry(connection, repository);
  return {
    putBytes: async (bytes, filename) => {
      using transfer = output.transfer(filename, bytes.length);
      return await pushBlob(registry, repository, bytes, { onSent: transfer.at });
    },
    putFile: async (file) => {
      using transfer = output.transfer(path.basename(file), (await stat(file)).size);
      return await pushFile(registry, repository, file, { onSent: transfer.at });
    },
  };
}

/** A blob of a repository of this server, read to its end or not at all that digest. Throws `oci_client_…`. */
export async function openArtifact(
  connection: Connection,
  repository: string,
  digest: Digest,
): Promise<{ readonly sizeBytes: number; readonly pieces: AsyncIterable<Uint8Array> }> {
  const registry = ownRegistry(connection, repository);
  const sizeBytes = await statBlob(registry, repository, digest);
  return { sizeBytes, pieces: getBlob(registry, repository, { digest, sizeBytes }) };
}

/** This server's own registry, for one repository. */
function ownRegistry({ url, token, fetch }: Connection, repository: string): RegistryConnection {
  const { host, protocol } = new URL(url);
  const registry = connect(host, { fetch, plainHttp: protocol === 'http:' });
  // It takes the API token itself: the detour over its token service would be two more round trips.
  const authorization = `Bearer ${token.reveal()}`;
  for (const actions of ['pull', 'pull,push']) {
    registry.tokens.set(`${repository}:${actions}`, { authorization, goodUntilMs: Number.POSITIVE_INFINITY });
  }
  return registry;
}
