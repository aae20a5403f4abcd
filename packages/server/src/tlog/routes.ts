import { type CodedError, isCoded } from '@waybill/core';
import { type Json, toHex } from '@waybill/core/bytes';
import { isDigest } from '@waybill/core/digest';
import { formatTransparencyLogEntry, HASHED_REKORD_KIND, parseTilePath } from '@waybill/core/tlog';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type App, documentAnswer, retryAfterOf } from '../ground/index.ts';
import { TLOG_PROBLEMS, tlogError } from './errors.ts';
import { type FrozenLog, frozenByName } from './frozen.ts';
import type { FoundEntry, Tlog } from './open.ts';
import { acceptRequest } from './parse-request.ts';
import type { LogEntryReceipt } from './receipt.ts';
import {
  FrozenLogs,
  GRPC_REFUSALS,
  LogSearchQuery,
  LogSearchResult,
  TransparencyLogEntry,
} from './schemas.ts';

export interface TlogRoutesDeps {
  readonly tlog: Tlog;
}

const TAGS = ['transparency log'];
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Rekor v2 under `/api/v2`, and our own view of the log under `/waybill/v1/log`. Public: the log holds hashes and certificates. */
export function tlogRoutes(deps: TlogRoutesDeps): (app: App) => Promise<void> {
  return async (app) => {
    await app.register(async (scope: App) => {
      scope.setErrorHandler(sendStatus);
      writeRoute(scope, deps.tlog);
      readRoutes(scope, deps.tlog);
    });
    ownRoutes(app, deps.tlog);
    frozenRoutes(app, deps.tlog);
  };
}

/** rekor-tiles CLIENTS.md: 201 with the entry, 409 with its index when it is there already. */
function writeRoute(app: App, tlog: Tlog): void {
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
      const receipt = await tlog.appendHashedRekord(acceptRequest(request.body as Json | undefined));
      if (!receipt.duplicate) return reply.code(201).send(present(receipt));
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
      response: {
        200: documentAnswer('text/plain; charset=utf-8', 'C2SP tlog-checkpoint'),
        ...GRPC_REFUSALS,
      },
    },
    handler: async (_request, reply) =>
      reply
        .header('cache-control', 'no-cache')
        .type('text/plain; charset=utf-8')
        .send(await tlog.checkpoint('rekor')),
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/v2/tile/*',
    schema: {
      tags: TAGS,
      summary: 'A hash tile or entry bundle: tile/<level>/<index>[.p/<width>], tile/entries/…',
      response: { 200: documentAnswer('application/octet-stream', 'C2SP tlog-tiles'), ...GRPC_REFUSALS },
    },
    handler: async (request, reply) => {
      const rest = (request.params as { readonly '*': string })['*'];
      const bytes = await tlog.readTile('rekor', parseTilePath(`tile/${rest}`));
      return reply
        .header('cache-control', IMMUTABLE)
        .type('application/octet-stream')
        .send(Buffer.from(bytes));
    },
  });
}

function ownRoutes(app: App, tlog: Tlog): void {
  app.get(
    '/waybill/v1/log/entries/:index',
    {
      schema: {
        tags: TAGS,
        summary: 'An entry with its inclusion proof (TransparencyLogEntry)',
        params: Type.Object({ index: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }),
        response: { 200: TransparencyLogEntry },
      },
    },
    async (request) => present(await tlog.receiptAt('rekor', request.params.index)),
  );
  app.get(
    '/waybill/v1/log/search',
    {
      schema: {
        tags: TAGS,
        summary: 'Entries by digest, signer or certificate, newest first',
        querystring: LogSearchQuery,
        response: { 200: LogSearchResult },
      },
    },
    async ({ query }) => {
      const limit = query.limit ?? 50;
      const facts = {
        ...(query.digest !== undefined && { artifactDigest: requireDigest(query.digest, 'digest') }),
        ...(query.subject !== undefined && { signer: query.subject }),
        ...(query.issuer !== undefined && { issuer: query.issuer }),
        ...(query.certificate !== undefined && {
          certificateFingerprint: requireDigest(query.certificate, 'certificate'),
        }),
      };
      const entries = await tlog.search('rekor', {
        facts,
        limit,
        ...(query.before !== undefined && { before: query.before }),
      });
      return {
        entries: entries.map(presentFound),
        next: entries.length === limit ? (entries.at(-1)?.logIndex ?? null) : null,
      };
    },
  );
}

/** The logs before the present one, under names of their own: `/api/v2` is the log that takes entries. */
function frozenRoutes(app: App, tlog: Tlog): void {
  const logs = () => [...tlog.frozen('rekor'), ...tlog.frozen('ct')];
  const params = Type.Object({ origin: Type.String() });
  app.get(
    '/waybill/v1/log/frozen',
    { schema: { tags: TAGS, summary: 'Logs that take no more entries', response: { 200: FrozenLogs } } },
    async () => ({ logs: logs().map(presentFrozen) }),
  );
  app.get(
    '/waybill/v1/log/frozen/:origin/checkpoint',
    {
      schema: {
        tags: TAGS,
        summary: 'The last checkpoint of a frozen log: a signed note',
        params,
        response: { 200: documentAnswer('text/plain; charset=utf-8', 'C2SP tlog-checkpoint') },
      },
    },
    async (request, reply) =>
      reply
        .header('cache-control', IMMUTABLE)
        .type('text/plain; charset=utf-8')
        .send(frozenByName(logs(), request.params.origin).checkpoint),
  );
  app.get(
    '/waybill/v1/log/frozen/:origin/tile/*',
    {
      schema: {
        tags: TAGS,
        summary: 'A hash tile or entry bundle of a frozen log',
        response: { 200: documentAnswer('application/octet-stream', 'C2SP tlog-tiles') },
      },
    },
    async (request, reply) => {
      // Not in a schema: TypeBox makes a regular expression of each name, and `*` is none.
      const { origin, '*': rest } = request.params as { readonly origin: string; readonly '*': string };
      const bytes = await frozenByName(logs(), origin).readTile(parseTilePath(`tile/${rest}`));
      return reply
        .header('cache-control', IMMUTABLE)
        .type('application/octet-stream')
        .send(Buffer.from(bytes));
    },
  );
}

function presentFrozen({ origin, kind, startedAt, frozenAt }: FrozenLog) {
  return { origin, kind, startedAt: startedAt.toISOString(), frozenAt: frozenAt.toISOString() };
}

function requireDigest(text: string, name: string): string {
  if (isDigest(text)) return text;
  throw tlogError('tlog_request_invalid', `${name}: expected sha256:<64 hexadecimal digits>`);
}

/** Rekor v2 entries carry no time: what a verifier trusts is the timestamp of an authority. */
function present(receipt: LogEntryReceipt) {
  return formatTransparencyLogEntry({ ...receipt, ...HASHED_REKORD_KIND, integratedTimeS: 0 });
}

function presentFound(entry: FoundEntry) {
  return {
    logIndex: entry.logIndex,
    leafHash: toHex(entry.leafHash),
    integratedAt: new Date(entry.integratedTime * 1000).toISOString(),
    ...entry.facts,
  };
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
  );
}

function grpcCode(status: number): number {
  if (status === 404) return GRPC.notFound;
  if (status === 429) return GRPC.resourceExhausted;
  if (status === 503) return GRPC.unavailable;
  return status < 500 ? GRPC.invalidArgument : GRPC.internal;
}
