import { type CodedError, isCoded } from '@waybill/core';
import type { Json } from '@waybill/core/bytes';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type App, retryAfterOf, type Threads } from '../../ground/index.ts';
import type { TlogTasks } from '../check-request.ts';
import { TLOG_PROBLEMS } from '../errors.ts';
import type { Tlog } from '../open.ts';
import { presentEntry } from './present.ts';
import { GRPC_REFUSALS, TransparencyLogEntry } from './schemas.ts';
import { CHECKPOINT_ANSWER, logOf, sendCheckpoint, sendTile, TAGS, TILE_ANSWER } from './send-files.ts';

const MAX_REQUEST_BYTES = 4 * 1024 * 1024;

export interface RekorRoutesDeps {
  readonly tlog: Tlog;
  readonly checks: Threads<TlogTasks>;
}

/** sigstore/rekor-tiles CLIENTS.md, with the error bodies of grpc-gateway. */
export function rekorRoutes(deps: RekorRoutesDeps): (app: App) => Promise<void> {
  return async (app) => {
    app.setErrorHandler(sendStatus);
    writeRoute(app, deps);
    readRoutes(app, deps.tlog);
  };
}

/** rekor-tiles CLIENTS.md: 201 with the entry, 409 with its index when it is there already. */
function writeRoute(app: App, { tlog, checks }: RekorRoutesDeps): void {
  app.post(
    '/api/v2/log/entries',
    {
      bodyLimit: MAX_REQUEST_BYTES,
      schema: {
        tags: TAGS,
        summary: 'Log a signature (Rekor v2)',
        response: { 201: TransparencyLogEntry, ...GRPC_REFUSALS },
      },
    },
    async (request, reply) => {
      const { leaf, facts } = await checks.run('checkRequest', request.body as Json | undefined);
      const receipt = await tlog.append('rekor', leaf, facts);
      if (!receipt.duplicate) return reply.code(201).send(presentEntry(receipt));
      const message = `an equivalent entry already exists in the transparency log with index ${receipt.logIndex}`;
      return reply
        .code(409)
        .header('x-log-index', String(receipt.logIndex))
        .send({ code: GRPC.alreadyExists, message, details: [] });
    },
  );
}

/** C2SP tlog-tiles.md. HEAD has handlers of its own, since none are made by themselves. */
function readRoutes(app: App, tlog: Tlog): void {
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/v2/checkpoint',
    schema: {
      tags: TAGS,
      summary: 'The published checkpoint: a signed note',
      response: { 200: CHECKPOINT_ANSWER, ...GRPC_REFUSALS },
    },
    handler: (request, reply) => sendCheckpoint(reply, logOf(tlog, request, 'rekor')),
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/v2/tile/*',
    schema: {
      tags: TAGS,
      summary: 'A hash tile or entry bundle: tile/<level>/<index>[.p/<width>], tile/entries/…',
      response: { 200: TILE_ANSWER, ...GRPC_REFUSALS },
    },
    handler: (request, reply) => {
      const { '*': path } = request.params as { readonly '*': string };
      return sendTile(request, reply, { log: logOf(tlog, request, 'rekor'), path });
    },
  });
}

/** google.rpc.Code */
const GRPC = {
  invalidArgument: 3,
  notFound: 5,
  alreadyExists: 6,
  resourceExhausted: 8,
  internal: 13,
  unavailable: 14,
} as const;

/** grpc-gateway's error body, which the clients of Rekor v2 expect. */
function sendStatus(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, message } = statusOf(error);
  if (status >= 500) request.log.error({ err: error }, 'log request failed');
  const retryAfter = status === 503 ? '1' : retryAfterOf(error);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  return reply.code(status).send({ code: grpcCode(status), message, details: [] });
}

function statusOf(error: unknown): { readonly status: number; readonly message: string } {
  const problem = isCoded(error) ? TLOG_PROBLEMS[error.code as keyof typeof TLOG_PROBLEMS] : undefined;
  if (isCoded(error) && problem !== undefined && problem.status !== 500) {
    return { status: problem.status, message: error.message };
  }
  if (isCoded(error, 'rate_limited')) return { status: 429, message: error.message };
  if (isCoded(error, 'request_malformed', 'request_invalid')) return { status: 400, message: error.message };
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  // Fastify's own refusals: a body too large, another media type.
  if (!isCoded(error) && typeof statusCode === 'number' && statusCode < 500) {
    return { status: statusCode, message: String(message) };
  }
  return {
    status: isUnavailable(error) ? 503 : 500,
    message: 'the log cannot answer: the log of the server has the details',
  };
}

function isUnavailable(error: unknown): error is CodedError {
  return isCoded(
    error,
    'database_unavailable',
    'database_timeout',
    'blob_unavailable',
    'blob_disk_full',
    'server_stopping',
    'thread_lost',
  );
}

function grpcCode(status: number): number {
  if (status === 404) return GRPC.notFound;
  if (status === 429) return GRPC.resourceExhausted;
  if (status === 503) return GRPC.unavailable;
  return status < 500 ? GRPC.invalidArgument : GRPC.internal;
}
