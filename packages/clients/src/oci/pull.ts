import { isCoded } from '@waybill/core';
import { algorithmOf, type Digest, digestOf, isDigest } from '@waybill/core/digest';
import {
  type Descriptor,
  MANIFEST_MEDIA_TYPES,
  MAX_MANIFEST_BYTES,
  type Manifest,
  parseManifest,
  type Reference,
  stripParameters,
} from '@waybill/core/oci';
import {
  type Connection,
  type ConnectOptions,
  connect,
  discard,
  type OciResponse,
  protocol,
  send,
  unreachable,
} from './connection.ts';
import { ociClientError } from './errors.ts';
import { readAtMost, verified } from './transfer.ts';

/** A manifest of a repository: by digest when there is one, else by tag. */
export type ManifestAddress = Pick<Reference, 'repository' | 'tag' | 'digest'>;

export interface PulledManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/** What a reference names now, without its content. Throws `oci_client_…`. */
export function resolve(reference: Reference, options: ConnectOptions = {}): Promise<Descriptor> {
  return headManifest(connect(reference.registry, options), reference);
}

/** As `resolve`, over a connection. */
export async function headManifest(connection: Connection, address: ManifestAddress): Promise<Descriptor> {
  const response = await send(connection, manifestRequest('HEAD', address), [200]);
  await discard(response);
  const digest = response.headers.get('docker-content-digest');
  const length = response.headers.get('content-length');
  const mediaType = stripParameters(response.headers.get('content-type') ?? '');
  // Registries of before distribution-spec 1.1 may leave the digest out: only the content tells it then.
  if (digest === null || length === null || mediaType === '')
    return (await getManifest(connection, address)).descriptor;
  if (!isDigest(digest) || !/^\d{1,10}$/.test(length))
    throw protocol(connection, 'wrong digest or length header');
  requireSame(address.digest, digest);
  return { mediaType, digest, sizeBytes: Number(length) };
}

/** A manifest of at most 4 MiB, its digest verified: against the address, else against the header. */
export async function getManifest(connection: Connection, address: ManifestAddress): Promise<PulledManifest> {
  const response = await send(connection, manifestRequest('GET', address), [200]);
  const bytes = await readAtMost(bodyOf(connection, response), MAX_MANIFEST_BYTES);
  const claimed = response.headers.get('docker-content-digest');
  if (claimed !== null && !isDigest(claimed)) throw protocol(connection, 'wrong digest header');
  const named = address.digest ?? claimed ?? undefined;
  const digest = digestOf(bytes, named === undefined ? 'sha256' : algorithmOf(named));
  requireSame(named, digest);
  const manifest = parsed(connection, bytes, stripParameters(response.headers.get('content-type') ?? ''));
  return { bytes, manifest, descriptor: { mediaType: manifest.mediaType, digest, sizeBytes: bytes.length } };
}

/** The size of a blob, without its content. Throws `oci_client_…`. */
export async function statBlob(connection: Connection, repository: string, digest: Digest): Promise<number> {
  const url = `/v2/${repository}/blobs/${digest}`;
  const response = await send(connection, { method: 'HEAD', url, repository, actions: 'pull' }, [200]);
  await discard(response);
  const length = response.headers.get('content-length') ?? '';
  if (/^\d{1,15}$/.test(length)) return Number(length);
  throw protocol(connection, `it tells no length of the blob ${digest}`);
}

/** The bytes of a blob. Read to its end, or it throws: only then they are the descriptor's. */
export async function* getBlob(
  connection: Connection,
  repository: string,
  blob: Pick<Descriptor, 'digest' | 'sizeBytes'>,
): AsyncGenerator<Uint8Array> {
  const url = `/v2/${repository}/blobs/${blob.digest}`;
  const response = await send(connection, { method: 'GET', url, repository, actions: 'pull' }, [200]);
  yield* verified(bodyOf(connection, response), blob);
}

/** A whole small blob. Throws `oci_client_too_large` before it asks for one over `maxBytes`. */
export async function readBlob(
  connection: Connection,
  repository: string,
  blob: Pick<Descriptor, 'digest' | 'sizeBytes'> & { readonly maxBytes: number },
): Promise<Uint8Array> {
  if (blob.sizeBytes > blob.maxBytes) {
    throw ociClientError(
      'oci_client_too_large',
      `Blob ${blob.digest} has ${blob.sizeBytes} bytes; at most ${blob.maxBytes} are read at once.`,
    );
  }
  return readAtMost(getBlob(connection, repository, blob), blob.maxBytes);
}

function manifestRequest(method: 'GET' | 'HEAD', address: ManifestAddress) {
  const { repository, digest, tag } = address;
  return {
    method,
    url: `/v2/${repository}/manifests/${digest ?? tag ?? ''}`,
    repository,
    actions: 'pull' as const,
    headers: { accept: MANIFEST_MEDIA_TYPES.join(', ') },
  };
}

/** The pieces of a body; a connection that breaks or stalls gives a coded error. */
export async function* bodyOf(connection: Connection, response: OciResponse): AsyncGenerator<Uint8Array> {
  try {
    yield* response.stall.watch(response.body ?? []);
  } catch (cause) {
    throw unreachable(connection, response.stall, cause);
  } finally {
    response.stall.end();
  }
}

function parsed(connection: Connection, bytes: Uint8Array, contentType: string): Manifest {
  try {
    return parseManifest(bytes, MANIFEST_MEDIA_TYPES.includes(contentType) ? contentType : undefined);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw protocol(connection, `its manifest is not usable (${cause.message})`, cause);
  }
}

function requireSame(expected: Digest | undefined, found: Digest): void {
  if (expected === undefined || expected === found) return;
  throw ociClientError('oci_client_digest_mismatch', `Asked for manifest ${expected}, got ${found}.`, {
    detail: { expected, found },
  });
}
