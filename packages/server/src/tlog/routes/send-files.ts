/** Checkpoint and tiles as C2SP tlog-tiles.md wants them served. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { parseTilePath } from '@waybill/core/tlog';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { documentAnswer } from '../../ground/index.ts';
import type { Tlog } from '../open.ts';
import type { PublishedLog } from '../published.ts';
import type { LogKind } from '../receipt.ts';

export const TAGS = ['transparency log'];
const IMMUTABLE = 'public, max-age=31536000, immutable';

export const CHECKPOINT_ANSWER = documentAnswer('text/plain; charset=utf-8', 'C2SP tlog-checkpoint');
export const TILE_ANSWER = documentAnswer('application/octet-stream', 'C2SP tlog-tiles');

/** The log that the request names by its host; without such a name the one of this kind that takes entries. */
export function logOf(tlog: Tlog, request: FastifyRequest, kind: LogKind): PublishedLog {
  const named = logOfHost(tlog, request);
  return named?.kind === kind ? named : tlog.published(kind);
}

/** Names of logs need not resolve; where one does, whatever its port, its files stand at the root. */
export function logOfHost(tlog: Tlog, request: FastifyRequest): PublishedLog | undefined {
  const host = request.hostname.toLowerCase();
  return tlog.logs().find(({ origin }) => origin === host);
}

/** The body of the answer, with its headers set. */
export async function sendCheckpoint(reply: FastifyReply, log: PublishedLog): Promise<string> {
  const { checkpoint } = await log.head();
  reply
    .header('cache-control', log.frozenAt === null ? 'no-cache' : IMMUTABLE)
    .type('text/plain; charset=utf-8');
  return checkpoint;
}

/** The same of a tile; `path` stands below `tile/`. */
export async function sendTile(
  request: FastifyRequest,
  reply: FastifyReply,
  { log, path }: { readonly log: PublishedLog; readonly path: string },
): Promise<Buffer> {
  const tile = parseTilePath(`tile/${path}`);
  const bytes = Buffer.from(await log.readTile(tile));
  reply.header('cache-control', IMMUTABLE).type('application/octet-stream');
  // Hashes do not shrink.
  if (tile.type === 'hashes') return bytes;
  reply.header('vary', 'accept-encoding');
  const packed = acceptsGzip(request) ? await packIfIdle(bytes) : null;
  if (packed === null) return bytes;
  reply.header('content-encoding', 'gzip');
  return packed;
}

/** RFC 9110 §12.5.3: a weight of zero says no. */
function acceptsGzip({ headers }: FastifyRequest): boolean {
  const wanted = String(headers['accept-encoding'] ?? '').split(',');
  return wanted.some((coding) => /^\s*gzip\s*(?:;\s*q\s*=\s*(?!0(?:\.0*)?\s*$).*)?$/i.test(coding));
}

const pack = promisify(gzip);
let isPacking = false;

/** The threads that compress also write to the disk: one at a time, and whoever comes meanwhile gets the bytes as they are. */
async function packIfIdle(bytes: Buffer): Promise<Buffer | null> {
  if (isPacking) return null;
  isPacking = true;
  try {
    return await pack(bytes);
  } finally {
    isPacking = false;
  }
}
