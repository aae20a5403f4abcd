import type { HashName } from '@waybill/core/crypto';
import type { Digest } from '@waybill/core/digest';
import { isRepository } from '@waybill/core/oci';
import type { FastifyReply } from 'fastify';
import { allowedActions } from '../access.ts';
import { registryError } from '../errors.ts';
import { mountBlob } from '../mount-blob.ts';
import { digestFrom } from '../put-manifest.ts';
import {
  appendChunk,
  cancelUpload,
  finishUpload,
  pushBlob,
  type Session,
  startUpload,
  uploadedBytes,
} from '../upload-blob.ts';
import { contentLength, hasBody } from './body.ts';
import type { Call, Endpoints } from './call.ts';

export const UPLOADS_ENDPOINTS: Endpoints = { POST: { action: 'push', handle: postUpload } };

export const UPLOAD_ENDPOINTS: Endpoints = {
  GET: { action: 'push', handle: getUpload },
  PATCH: { action: 'push', handle: patchUpload },
  PUT: { action: 'push', handle: putUpload },
  DELETE: { action: 'push', handle: deleteUpload },
};

/** end-4a, 4b, 4c and 11 */
async function postUpload(call: Call): Promise<FastifyReply> {
  const { deps, at, query, request } = call;
  const digest = query.get('digest');
  if (digest !== null) {
    const blob = await pushBlob(deps, at, { digest: digestFrom(digest), source: request.raw });
    return created(call, blob.digest);
  }
  const mounted = await mounts(call);
  if (mounted !== null) return created(call, mounted);
  const session = await startUpload(deps, at, {
    tokenId: call.caller.principal.tokenId,
    algorithm: algorithmFrom(query.get('digest-algorithm')),
  });
  return progress(call.reply.code(202), session, 0);
}

/** The digest when it was mounted; whatever stands in the way, the client then uploads the blob. */
async function mounts(call: Call): Promise<Digest | null> {
  const mount = call.query.get('mount');
  if (mount === null) return null;
  const digest = digestFrom(mount);
  const from = call.query.get('from');
  // A refusal would tell that the other repository is there (distribution-spec "Mounting": 202 is the way out).
  if (from === null || !isRepository(from) || !mayPull(call, from)) return null;
  return (await mountBlob(call.deps, call.at, { digest, from })) ? digest : null;
}

// Of the registry token only the target's scope was asked: clients do not always ask for `from` too.
function mayPull(call: Call, repository: string): boolean {
  return allowedActions(call.caller.principal, repository).includes('pull');
}

/** end-13 */
async function getUpload(call: Call): Promise<FastifyReply> {
  const session = sessionOf(call);
  return progress(call.reply.code(204), session, await uploadedBytes(call.deps, session));
}

/** end-5 */
async function patchUpload(call: Call): Promise<FastifyReply> {
  const session = sessionOf(call);
  const receivedBytes = await appendChunk(call.deps, session, {
    source: call.request.raw,
    ...chunkRange(call),
  });
  return progress(call.reply.code(202), session, receivedBytes);
}

/** end-6 */
async function putUpload(call: Call): Promise<FastifyReply> {
  const blob = await finishUpload(call.deps, sessionOf(call), {
    digest: digestFrom(call.query.get('digest') ?? ''),
    ...(hasBody(call.request) ? { source: call.request.raw, ...chunkRange(call) } : {}),
  });
  return created(call, blob.digest);
}

/** end-14 */
async function deleteUpload(call: Call): Promise<FastifyReply> {
  await cancelUpload(call.deps, sessionOf(call));
  return call.reply.code(204).send();
}

function sessionOf(call: Call): Session {
  return { ...call.at, id: call.last };
}

/** Content-Range of a chunk, which is `<first>-<last>` without a unit; must agree with Content-Length. */
function chunkRange(call: Call): { readonly startsAt?: number } {
  const header = call.request.headers['content-range'];
  if (header === undefined) return {};
  const [, first, last] = /^(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  const lengthBytes = Number(last) - Number(first) + 1;
  const sent = call.request.headers['content-length'];
  if (
    first === undefined ||
    lengthBytes < 1 ||
    (sent !== undefined && contentLength(call.request) !== lengthBytes)
  ) {
    throw registryError(
      'registry_upload_range',
      `Content-Range: expected <first byte>-<last byte> of a chunk as long as Content-Length, found ${JSON.stringify(header.slice(0, 60))}.`,
    );
  }
  return { startsAt: Number(first) };
}

function algorithmFrom(text: string | null): HashName {
  switch (text) {
    case null:
    case 'sha256':
      return 'sha256';
    case 'sha384':
    case 'sha512':
      return text;
    default:
      throw registryError(
        'registry_digest_invalid',
        `digest-algorithm: expected sha256, sha384 or sha512, found ${JSON.stringify(text.slice(0, 40))}.`,
      );
  }
}

function progress(reply: FastifyReply, session: Session, receivedBytes: number): FastifyReply {
  return reply
    .header('location', `/v2/${session.repository}/blobs/uploads/${session.id}`)
    .header('docker-upload-uuid', session.id)
    .header('range', `0-${Math.max(receivedBytes - 1, 0)}`)
    .send();
}

function created(call: Call, digest: Digest): FastifyReply {
  return call.reply
    .code(201)
    .header('location', `/v2/${call.at.repository}/blobs/${digest}`)
    .header('docker-content-digest', digest)
    .send();
}
