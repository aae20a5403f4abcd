import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { isCoded } from '@waybill/core';
import type { Digest } from '@waybill/core/digest';
import { type Connection, discard, send } from './connection.ts';
import { ociClientError } from './errors.ts';
import { counted, hasBlob, locationOf, type PushedBlob, type PushOptions, startUpload } from './push.ts';

const READ_BYTES = 1024 * 1024;

interface Target {
  readonly connection: Connection;
  readonly repository: string;
}

/**
 * Pushes a file of any size in one go: it is hashed while it is sent, and its digest is named when the upload is
 * closed. Hashing is faster than most networks, so that of a file that the repository has already little is sent.
 * One that changes meanwhile gives `oci_client_digest_mismatch`. Throws `oci_client_…`, and what the disk says.
 */
export async function pushFile(
  connection: Connection,
  repository: string,
  path: string,
  { onSent }: PushOptions = {},
): Promise<PushedBlob> {
  await using file = await open(path, 'r');
  const target = { connection, repository };
  const location = await startUpload(connection, repository);
  const push = { file, isWanted: true, isSent: false, onSent };
  try {
    const [next, described] = await Promise.all([
      sendAll(target, location, push),
      describeAhead(target, push),
    ]);
    if (!push.isWanted) await cancel(target, next);
    else await close(target, next, { path, digest: described.digest });
    return { ...described, uploaded: push.isWanted };
  } finally {
    push.isWanted = false;
  }
}

/** Both readers of the file stop as soon as it is not wanted any more. */
interface Push {
  readonly file: FileHandle;
  isWanted: boolean;
  isSent: boolean;
  readonly onSent: PushOptions['onSent'];
}

/** Ends early and in good order, so that the upload can be cancelled. Returns where it goes on. */
async function sendAll({ connection, repository }: Target, location: URL, push: Push): Promise<URL> {
  const response = await send(
    connection,
    {
      method: 'PATCH',
      url: location.href,
      repository,
      actions: 'pull,push',
      headers: { 'content-type': 'application/octet-stream' },
      body: () => {
        const pieces = piecesOf(push, () => Buffer.allocUnsafeSlow(READ_BYTES));
        return push.onSent ? counted(pieces, push.onSent) : pieces;
      },
    },
    [202],
  );
  push.isSent = true;
  await discard(response);
  return locationOf(connection, response, location.href);
}

async function describeAhead(
  { connection, repository }: Target,
  push: Push,
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  let sizeBytes = 0;
  for await (const piece of piecesOf(push, () => buffer)) {
    hash.update(piece);
    sizeBytes += piece.length;
  }
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  if (push.isWanted && !push.isSent && (await hasBlob(connection, repository, digest))) push.isWanted = false;
  return { digest, sizeBytes };
}

async function* piecesOf(push: Push, bufferFor: () => Buffer): AsyncGenerator<Uint8Array> {
  for (let position = 0; push.isWanted; ) {
    const { bytesRead, buffer } = await push.file.read(bufferFor(), 0, READ_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function close(
  { connection, repository }: Target,
  location: URL,
  file: { readonly path: string; readonly digest: Digest },
): Promise<void> {
  location.searchParams.set('digest', file.digest);
  try {
    const response = await send(
      connection,
      { method: 'PUT', url: location.href, repository, actions: 'pull,push' },
      [201],
    );
    await discard(response);
  } catch (error) {
    if (!isCoded(error, 'oci_client_refused') || error.detail['reason'] !== 'DIGEST_INVALID') throw error;
    throw ociClientError(
      'oci_client_digest_mismatch',
      `${file.path} changed while it was read: let the step before finish writing it, then run the same command again`,
      { cause: error },
    );
  }
}

async function cancel({ connection, repository }: Target, location: URL): Promise<void> {
  const response = await send(
    connection,
    { method: 'DELETE', url: location.href, repository, actions: 'pull,push' },
    [204],
  );
  await discard(response);
}
