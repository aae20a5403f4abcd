import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { App } from '../../ground/index.ts';
import { tlogError } from '../errors.ts';
import type { Tlog } from '../open.ts';
import { logNamed, type PublishedLog } from '../published.ts';
import { CHECKPOINT_ANSWER, logOfHost, sendCheckpoint, sendTile, TAGS, TILE_ANSWER } from './send-files.ts';

/** Each log's files twice: at the root for whoever comes by its name, and under `/log/<name>/` for everybody. */
export function tileRoutes(app: App, tlog: Tlog): void {
  fileRoutes(app, '', (request) => requireHost(tlog, request));
  fileRoutes(app, '/log/:origin', (request) => {
    const { origin } = request.params as { readonly origin: string };
    return logNamed(tlog.logs(), origin);
  });
}

function fileRoutes(app: App, prefix: string, find: (request: FastifyRequest) => PublishedLog): void {
  const where = prefix === '' ? 'of the log that the host names' : 'of a log';
  const params = prefix === '' ? {} : { params: Type.Object({ origin: Type.String() }) };
  app.route({
    method: ['GET', 'HEAD'],
    url: `${prefix}/checkpoint`,
    schema: {
      tags: TAGS,
      summary: `The last checkpoint ${where}: a signed note`,
      ...params,
      response: { 200: CHECKPOINT_ANSWER },
    },
    handler: (request, reply) => sendCheckpoint(reply, find(request)),
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: `${prefix}/tile/*`,
    schema: {
      tags: TAGS,
      summary: `A hash tile or entry bundle ${where}: tile/<level>/<index>[.p/<width>], tile/entries/…`,
      response: { 200: TILE_ANSWER },
    },
    handler: (request, reply) => {
      // Not in a schema: TypeBox makes a regular expression of each name, and `*` is none.
      const { '*': path } = request.params as { readonly '*': string };
      return sendTile(request, reply, { log: find(request), path });
    },
  });
}

function requireHost(tlog: Tlog, request: FastifyRequest): PublishedLog {
  const log = logOfHost(tlog, request);
  if (log) return log;
  throw tlogError(
    'tlog_log_not_found',
    `${JSON.stringify(request.hostname)} is the name of no log here: GET /waybill/v1/log/shards lists them, /log/<name>/checkpoint shows one under any host`,
  );
}
