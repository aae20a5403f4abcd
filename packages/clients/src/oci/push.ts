import { type Digest, digestOf } from '@waybill/core/digest';
import type { Descriptor } from '@waybill/core/oci';
import { type Connection, discard, type OciResponse, protocol, send } from './connection.ts';
import { ociClientError } from './errors.ts';

export interface PushedBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** False when the repository had it already. */
  readonly uploaded: boolean;
}

export interface PushOptions {
  /** Told how many bytes have gone so far; from the start again when a request is repeated. */
  readonly onSent?: ((bytes: number) => void) | undefined;
}

/** Pushes bytes unless the repository has them: HEAD, POST, one PUT. Throws `oci_client_…`. */
export async function pushBlob(
  connection: Connection,
  repository: string,
  bytes: Uint8Array,
  { onSent }: PushOptions = {},
): Promise<PushedBlob> {
  const digest = digestOf(bytes);
  const sizeBytes = bytes.length;
  if (await hasBlob(connection, repository, digest)) return { digest, sizeBytes, uploaded: false };
  const location = await startUpload(connection, repository);
  location.searchParams.set('digest', digest);
  const response = await send(
    connection,
    {
      method: 'PUT',
      url: location.href,
      repository,
      actions: 'pull,push',
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(sizeBytes) },
      body: () => (onSent ? counted(slicesOf(bytes), onSent) : bytes),
    },
    [201],
  );
  await discard(response);
  return { digest, sizeBytes, uploaded: true };
}

const SLICE_BYTES = 256 * 1024;

function* slicesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

/** A piece has gone when the next one is asked for. */
export async function* counted(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  onSent: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const piece of pieces) {
    yield piece;
    sent += piece.length;
    onSent(sent);
  }
}

/** True when the repository has the blob. */
export async function hasBlob(connection: Connection, repository: string, digest: Digest): Promise<boolean> {
  const url = `/v2/${repository}/blobs/${digest}`;
  const response = await send(
    connection,
    { method: 'HEAD', url, repository, actions: 'pull,push' },
    [200, 404],
  );
  await discard(response);
  return response.status === 200;
}

/**
 * Pushes the exact bytes of a manifest under a tag, or under its digest without one. `subjectKept` is false when
 * the registry has no referrers API: `attachArtifact` lists the referrer under a tag then.
 */
export async function pushManifest(
  connection: Connection,
  address: { readonly repository: string; readonly tag?: string },
  manifest: { readonly bytes: Uint8Array; readonly mediaType: string },
): Promise<Descriptor & { readonly subjectKept: boolean }> {
  const { repository, tag } = address;
  const digest = digestOf(manifest.bytes);
  const response = await send(
    connection,
    {
      method: 'PUT',
      url: `/v2/${repository}/manifests/${tag ?? digest}`,
      repository,
      actions: 'pull,push',
      headers: { 'content-type': manifest.mediaType },
      body: () => manifest.bytes,
    },
    [201],
  );
  await discard(response);
  const stored = response.headers.get('docker-content-digest');
  if (stored !== null && stored !== digest) {
    throw ociClientError(
      'oci_client_digest_mismatch',
      `Pushed manifest ${digest}, the registry stored ${stored}.`,
    );
  }
  return {
    mediaType: manifest.mediaType,
    digest,
    sizeBytes: manifest.bytes.length,
    subjectKept: response.headers.get('oci-subject') !== null,
  };
}

/** Where the bytes of a new upload go. */
export async function startUpload(connection: Connection, repository: string): Promise<URL> {
  const url = `/v2/${repository}/blobs/uploads/`;
  const response = await send(connection, { method: 'POST', url, repository, actions: 'pull,push' }, [202]);
  await discard(response);
  return locationOf(connection, response, connection.origin);
}

export function locationOf(connection: Connection, response: OciResponse, base: string): URL {
  const location = response.headers.get('location');
  if (location === null || !URL.canParse(location, base)) {
    throw protocol(connection, 'it took an upload without telling where it goes on');
  }
  return new URL(location, base);
}
