import { createHash, type Hash, randomUUID } from 'node:crypto';
import { isCoded } from '@waybill/core';
import type { HashName } from '@waybill/core/crypto';
import { algorithmOf, type Digest } from '@waybill/core/digest';
import type { RegistryDeps } from './deps.ts';
import { registryError } from './errors.ts';
import { insertUpload, removeUpload, touchUpload } from './queries/uploads.ts';
import { type At, insertBlob } from './queries.ts';

/** An open session of one repository. The id is random and only good in its organisation and repository. */
export interface Session extends At {
  readonly id: string;
}

export type ByteSource = AsyncIterable<Uint8Array>;

export interface StoredBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** Part files of open uploads, apart from the store's blobs. */
export function partKey(id: string): string {
  return `uploads/${id}`;
}

/** Opens a session (end-4a, end-4c). `algorithm` is what the client says that it will close it with. */
export async function startUpload(
  deps: RegistryDeps,
  at: At,
  options: { readonly tokenId: string; readonly algorithm: HashName },
): Promise<Session> {
  const id = randomUUID();
  const expiresAt = expiryOf(deps);
  await deps.db.withOrg(at.orgId, (tx) => insertUpload(tx, at, { id, tokenId: options.tokenId, expiresAt }), {
    atOnce: true,
  });
  deps.openUploads.begin(id, options.algorithm);
  return { ...at, id };
}

/** Bytes received so far (end-13). Throws `registry_upload_unknown`. */
export async function uploadedBytes(deps: RegistryDeps, session: Session): Promise<number> {
  await requireSession(deps, session);
  return partSize(deps, session.id);
}

/**
 * Appends a chunk (end-5) and returns the bytes received so far. `startsAt` is the first byte of Content-Range;
 * without it the chunk follows what is there. What arrived of a chunk that was cut off stays and can be resumed.
 * Throws `registry_upload_unknown`, `registry_upload_range`, `registry_upload_busy`, `registry_upload_cut_off`,
 * `registry_blob_too_large`.
 */
export async function appendChunk(
  deps: RegistryDeps,
  session: Session,
  chunk: { readonly source: ByteSource; readonly startsAt?: number },
): Promise<number> {
  await requireSession(deps, session);
  return exclusively(deps, session.id, async () => {
    const offset = await partSize(deps, session.id);
    requireOffset(offset, chunk.startsAt);
    return append(deps, session.id, chunk.source, offset);
  });
}

/**
 * Closes the session (end-6): takes a last chunk or the whole blob, checks the digest and makes the blob visible
 * in the repository. Throws as `appendChunk`, and `registry_digest_invalid`, after which nothing is kept.
 */
export async function finishUpload(
  deps: RegistryDeps,
  session: Session,
  last: { readonly digest: Digest; readonly source?: ByteSource; readonly startsAt?: number },
): Promise<StoredBlob> {
  await requireSession(deps, session);
  return exclusively(deps, session.id, async () => {
    const offset = await partSize(deps, session.id);
    requireOffset(offset, last.startsAt);
    try {
      const blob = await closePart(deps, session.id, offset, last);
      await deps.db.withOrg(session.orgId, async (tx) => {
        await insertBlob(tx, session, { ...blob, now: deps.clock() });
        await removeUpload(tx, session.id);
      });
      return blob;
    } catch (error) {
      if (isCoded(error, 'registry_digest_invalid')) await discard(deps, session);
      throw error;
    }
  });
}

/** Takes the whole blob in one request (end-4b), hashed while it is written. Throws as `finishUpload`. */
export async function pushBlob(
  deps: RegistryDeps,
  at: At,
  blob: { readonly digest: Digest; readonly source: ByteSource },
): Promise<StoredBlob> {
  const stored = await putWhole(deps, blob.digest, blob.source);
  await deps.db.withOrg(at.orgId, (tx) => insertBlob(tx, at, { ...stored, now: deps.clock() }), {
    atOnce: true,
  });
  return stored;
}

/** Forgets the session and its bytes (end-14). Throws `registry_upload_unknown`. */
export async function cancelUpload(deps: RegistryDeps, session: Session): Promise<void> {
  await requireSession(deps, session);
  await exclusively(deps, session.id, () => discard(deps, session));
}

async function closePart(
  deps: RegistryDeps,
  id: string,
  offset: number,
  last: { readonly digest: Digest; readonly source?: ByteSource },
): Promise<StoredBlob> {
  // Nothing there yet: the store hashes while it writes, and no part file is needed.
  if (offset === 0) {
    const stored = await putWhole(deps, last.digest, last.source ?? []);
    await dropPart(deps, id);
    return stored;
  }
  const sizeBytes = last.source === undefined ? offset : await append(deps, id, last.source, offset);
  const algorithm = algorithmOf(last.digest);
  const found: Digest = `${algorithm}:${await hashOfPart(deps, id, sizeBytes, algorithm)}`;
  if (found !== last.digest) throw digestInvalid(last.digest, found);
  await deps.store.adopt(partKey(id), { digest: found, sizeBytes });
  return { digest: found, sizeBytes };
}

async function putWhole(deps: RegistryDeps, expected: Digest, source: ByteSource | []): Promise<StoredBlob> {
  try {
    const { sizeBytes } = await deps.store.put(received(source), { expected, maxBytes: deps.maxBlobBytes });
    return { digest: expected, sizeBytes };
  } catch (error) {
    throw translated(deps, error);
  }
}

async function append(deps: RegistryDeps, id: string, source: ByteSource, offset: number): Promise<number> {
  const running = deps.openUploads.take(id, offset);
  try {
    const part = await deps.blobs.append(partKey(id), received(source, running?.hash), {
      at: offset,
      maxBytes: deps.maxBlobBytes,
    });
    if (running) deps.openUploads.keep(id, { ...running, sizeBytes: part.sizeBytes });
    return part.sizeBytes;
  } catch (error) {
    throw translated(deps, error);
  }
}

/** Hex of the hash over the whole part: the one that ran along, else the bytes are read again. */
async function hashOfPart(
  deps: RegistryDeps,
  id: string,
  sizeBytes: number,
  algorithm: HashName,
): Promise<string> {
  const running = deps.openUploads.take(id, sizeBytes);
  if (running?.algorithm === algorithm) return running.hash.digest('hex');
  const hash = createHash(algorithm);
  for await (const chunk of await deps.blobs.open(partKey(id))) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** The bytes of a request. A connection that breaks is the client's fault, and says so. */
async function* received(source: ByteSource | [], hash?: Hash): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of source) {
      hash?.update(chunk);
      yield chunk;
    }
  } catch (cause) {
    throw cutOff(cause);
  }
}

async function requireSession(deps: RegistryDeps, session: Session): Promise<void> {
  const { id, orgId } = session;
  const now = deps.clock();
  const live =
    isUploadId(id) &&
    (await deps.db.withOrg(orgId, (tx) => touchUpload(tx, session, { id, now, expiresAt: expiryOf(deps) })));
  if (!live) {
    throw registryError(
      'registry_upload_unknown',
      `There is no such upload in ${session.repository}: it was closed, cancelled or has expired. Start a new one.`,
    );
  }
}

function isUploadId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

function requireOffset(offset: number, startsAt: number | undefined): void {
  if (startsAt === undefined || startsAt === offset) return;
  throw registryError(
    'registry_upload_range',
    `The chunk starts at byte ${startsAt}, but ${offset} bytes have been received: send the bytes from ${offset} on.`,
    { detail: { receivedBytes: offset } },
  );
}

function exclusively<T>(deps: RegistryDeps, id: string, work: () => Promise<T>): Promise<T> {
  return deps.openUploads.exclusively(id, uploadBusy, work);
}

function uploadBusy(cause?: unknown): Error {
  return registryError(
    'registry_upload_busy',
    'Another request is writing to this upload. Chunks are sent one after another.',
    { cause },
  );
}

async function discard(deps: RegistryDeps, session: Session): Promise<void> {
  await dropPart(deps, session.id);
  await deps.db.withOrg(session.orgId, (tx) => removeUpload(tx, session.id));
}

async function dropPart(deps: RegistryDeps, id: string): Promise<void> {
  deps.openUploads.forget(id);
  await deps.blobs.delete(partKey(id));
}

async function partSize(deps: RegistryDeps, id: string): Promise<number> {
  return (await deps.blobs.stat(partKey(id)))?.sizeBytes ?? 0;
}

function expiryOf(deps: RegistryDeps): Date {
  return new Date(deps.clock().getTime() + deps.uploadLifetimeMs);
}

function cutOff(cause: unknown): Error {
  return registryError(
    'registry_upload_cut_off',
    'The connection ended before the upload was whole. Ask the upload URL (GET) how far it came and go on from there.',
    { cause },
  );
}

function digestInvalid(expected: Digest, found: string): Error {
  return registryError(
    'registry_digest_invalid',
    `The bytes received are not those of ${expected}: their digest is ${found}. Nothing was kept; send the blob again.`,
    { detail: { expected, found } },
  );
}

function translated(deps: RegistryDeps, error: unknown): unknown {
  if (isCoded(error, 'blob_digest_mismatch')) {
    return registryError('registry_digest_invalid', error.message, { cause: error, detail: error.detail });
  }
  if (isCoded(error, 'blob_too_large')) {
    return registryError(
      'registry_blob_too_large',
      `The blob is larger than this registry takes (${deps.maxBlobBytes} bytes).`,
      { cause: error },
    );
  }
  if (isCoded(error, 'blob_interrupted')) return cutOff(error);
  if (isCoded(error, 'blob_busy')) return uploadBusy(error);
  // Another process wrote to the session between our look at its size and now.
  if (isCoded(error, 'blob_wrong_offset')) {
    return registryError('registry_upload_range', error.message, { cause: error, detail: error.detail });
  }
  return error;
}
