import type { FastifyReply } from 'fastify';
import { actorOf } from '../../identity/index.ts';
import { deleteBlob } from '../delete-blob.ts';
import { registryError } from '../errors.ts';
import { openBlob, statBlob } from '../get-blob.ts';
import { digestFrom } from '../put-manifest.ts';
import type { Call, Endpoints } from './call.ts';

export const BLOB_ENDPOINTS: Endpoints = {
  GET: { action: 'pull', handle: getBlob },
  HEAD: { action: 'pull', handle: headBlob },
  DELETE: { action: 'delete', handle: removeBlob },
};

/** end-2 */
async function getBlob(call: Call): Promise<FastifyReply> {
  const digest = digestFrom(call.last);
  const sizeBytes = await statBlob(call.deps, call.at, digest);
  const range = parseRange(call.request.headers.range, sizeBytes);
  if (range === 'unsatisfiable') throw unsatisfiable(call, sizeBytes);
  presentBlob(call, digest, range === null ? sizeBytes : range.end - range.start + 1);
  if (range === null) return call.reply.send(await openBlob(call.deps, digest));
  call.reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`);
  return call.reply.send(await openBlob(call.deps, digest, range));
}

async function headBlob(call: Call): Promise<FastifyReply> {
  const digest = digestFrom(call.last);
  return presentBlob(call, digest, await statBlob(call.deps, call.at, digest)).send();
}

/** end-10 */
async function removeBlob(call: Call): Promise<FastifyReply> {
  await deleteBlob(call.deps, call.at, {
    digest: digestFrom(call.last),
    actor: actorOf(call.caller.principal),
    requestId: call.request.id,
  });
  return call.reply.code(202).send();
}

function presentBlob(call: Call, digest: string, lengthBytes: number): FastifyReply {
  return call.reply
    .header('content-type', 'application/octet-stream')
    .header('content-length', lengthBytes)
    .header('docker-content-digest', digest)
    .header('accept-ranges', 'bytes')
    .header('etag', `"${digest}"`)
    .header('cache-control', 'private, max-age=31536000, immutable');
}

/** RFC 9110 §14.2: one range of bytes; what is not understood is ignored, and several ranges are answered whole. */
function parseRange(
  header: string | undefined,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return null;
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? 'unsatisfiable' : { start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}

function unsatisfiable(call: Call, sizeBytes: number): Error {
  call.reply.header('content-range', `bytes */${sizeBytes}`);
  return registryError(
    'registry_range_unsatisfiable',
    `The blob has ${sizeBytes} bytes; ask for a range within them.`,
  );
}
