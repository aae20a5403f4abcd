import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { CodedError, messageOf } from '@waybill/core';
import { parseJson } from '@waybill/core/bytes';
import {
  type FastifyBodyParser,
  type FastifyHttpOptions,
  type FastifyInstance,
  fastify,
  LogController,
  type RawServerDefault,
} from 'fastify';
import type { Logger } from '../log/log.ts';
import type { Readiness } from '../observe/readiness.ts';
import { CORE_PROBLEMS } from '../problems/core.ts';
import { GROUND_PROBLEMS, type ProblemMap } from '../problems/problems.ts';
import type { Tls } from '../tls/tls.ts';
import { boundConnections, endSlowBodies, headersTimeout } from './connections.ts';
import { withRefusals } from './document.ts';
import { metaRoutes } from './meta.ts';
import { endWithProblem, problemOf, sendProblem } from './problems.ts';
import { type ForeignPaths, unknownRoutes } from './unknown-routes.ts';
import { validatorCompiler } from './validation.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  Logger,
  TypeBoxTypeProvider
>;

export interface HttpOptions {
  readonly log: Logger;
  /** Codes of all rooms; those of core and of ground itself are known already. */
  readonly problems: ProblemMap;
  readonly version: string;
  readonly publicUrl: string;
  /** Without it plain HTTP. */
  readonly tls?: Tls | undefined;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[];
  /** Most open connections. */
  readonly maxConnections?: number | undefined;
  /** Paths of other people's APIs, which say in their own way that there is nothing. */
  readonly foreignPaths?: readonly ForeignPaths[];
  /** How long a client may take for its headers. */
  readonly headersTimeoutMs?: number;
  /** How long a body may move by less than 1 KiB a second. */
  readonly bodyWindowMs?: number;
  /** How long close() waits for running requests. */
  readonly closeTimeoutMs?: number;
  /** The state of each dependency, for /readyz. MUST resolve, also when one is down. */
  ready(): Promise<readonly Readiness[]>;
}

/** Default limit of a JSON body; a route may set its own `bodyLimit`. */
const BODY_LIMIT_BYTES = 1024 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
const BODY_WINDOW_MS = 30_000;
const MAX_CONNECTIONS = 4096;
/** A connection on which nothing moves is dropped; an upload that moves may take as long as it needs. */
const IDLE_TIMEOUT_MS = 120_000;
const KEEP_ALIVE_TIMEOUT_MS = 30_000;
/** close() cuts what is still open after this time, which leaves PostgreSQL the rest of ten seconds. */
const CLOSE_TIMEOUT_MS = 5000;
/** How much of a refused body is still read, so that the connection can serve the next request. */
const MAX_DRAIN_BYTES = 64 * 1024;

/**
 * The one HTTP server. Its hooks call back, as one that is `async` costs each request a promise and a turn. Rooms register their routes with `app.register`; a CodedError thrown in a handler becomes
 * a problem (RFC 9457). Bodies are strict JSON (no duplicate keys); a room with streams registers a scope with
 * parsers of its own, and MUST count bytes itself there.
 */
export function createHttp(options: HttpOptions): App {
  const problems = { ...CORE_PROBLEMS, ...options.problems, ...GROUND_PROBLEMS };
  const app: App = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT_BYTES,
    // node:http would cut an upload after 300 s whatever happens on it.
    requestTimeout: 0,
    connectionTimeout: IDLE_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    ...listenerOf(options.tls, options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS),
    // A sha512 digest has 135 characters, a repository name up to 255.
    routerOptions: { maxParamLength: 1024 },
    exposeHeadRoutes: false,
    // Its own answer is no problem document: see boundedClose.
    return503OnClosing: false,
    // A header that anybody can send: without a proxy to vouch for it, it is not read.
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    frameworkErrors: (error, request, reply) => void sendProblem(problems, error, request, reply),
    clientErrorHandler: answerBrokenRequest,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setErrorHandler((error, request, reply) => sendProblem(problems, error, request, reply));
  app.decorateRequest('problemOf', function (error) {
    return problemOf(problems, error, this);
  });
  boundConnections(app, options.maxConnections ?? MAX_CONNECTIONS);
  endSlowBodies(app, options.bodyWindowMs ?? BODY_WINDOW_MS);
  strictJson(app);
  strictUrl(app);
  headersAndLog(app, options.publicUrl);
  unreadBodies(app);
  unknownRoutes(app, options.foreignPaths ?? []);
  boundedClose(app, options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS, options.tls);
  void app.register(swagger, { openapi: openApiFrame(options), transform: withRefusals });
  void app.register(metaRoutes({ ready: () => options.ready(), version: options.version }));
  return app;
}

/** With a server of our own Fastify leaves its timeouts to us. */
function listenerOf(
  tls: Tls | undefined,
  headersTimeoutMs: number,
): Pick<FastifyHttpOptions<RawServerDefault, Logger>, 'http' | 'serverFactory'> {
  if (tls === undefined) return { http: headersTimeout(headersTimeoutMs) };
  return {
    serverFactory(handler) {
      const server = tls.createServer(handler, { headersTimeoutMs });
      server.keepAliveTimeout = KEEP_ALIVE_TIMEOUT_MS;
      server.requestTimeout = 0;
      return server.setTimeout(IDLE_TIMEOUT_MS);
    },
  };
}

function openApiFrame(options: HttpOptions): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Waybill',
      version: options.version,
      description: 'Errors are problems (RFC 9457) with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.publicUrl }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

/** JSON as core reads it: a duplicate key, on which two readers may disagree, is refused. */
function strictJson(app: App): void {
  app.removeAllContentTypeParsers();
  const parse: FastifyBodyParser<Buffer> = (_request, body, done) => {
    // A DELETE or POST without a body may still carry the header.
    if (body.length === 0) return done(null, undefined);
    let value: unknown;
    try {
      value = parseJson(body, 'body', { storable: true });
    } catch (cause) {
      return done(new CodedError('request_malformed', messageOf(cause), { cause }));
    }
    return done(null, value);
  };
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, parse);
  app.addContentTypeParser(/^application\/[a-z0-9.-]+\+json$/, { parseAs: 'buffer' }, parse);
}

/** No name of anything holds U+0000, and no database would take it. */
function strictUrl(app: App): void {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!/%00|\0/.test(request.url)) return done();
    return done(new CodedError('request_malformed', 'the URL holds a NUL character'));
  });
}

function headersAndLog(app: App, publicUrl: string): void {
  const headers: Record<string, string> = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': `default-src 'none'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
  };
  if (publicUrl.startsWith('https:')) headers['strict-transport-security'] = 'max-age=31536000';
  const named = Object.entries(headers);
  app.addHook('onSend', (request, reply, _payload, done) => {
    reply.header('x-request-id', request.id);
    for (const [name, value] of named) if (!reply.hasHeader(name)) reply.header(name, value);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const line = {
      method: request.method,
      // Without the query: codes and tokens travel there.
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      remote: request.ip,
    };
    request.log[/^\/(healthz|readyz|metrics)$/.test(request.url) ? 'debug' : 'info'](line, 'request');
    done();
  });
}

/** node:http would read a refused body to its end, however long it is: beyond a little the connection ends instead. */
function unreadBodies(app: App): void {
  app.addHook('onSend', ({ raw, headers }, reply, _payload, done) => {
    if (reply.statusCode < 400 || raw.complete) return done();
    const chunked = headers['transfer-encoding'] !== undefined;
    const lengthBytes = chunked ? Number.POSITIVE_INFINITY : Number(headers['content-length'] ?? 0);
    if (lengthBytes > MAX_DRAIN_BYTES) reply.header('connection', 'close');
    return done();
  });
}

/** close() waits for running requests, but not for ever. */
function boundedClose(app: App, timeoutMs: number, tls: Tls | undefined): void {
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    tls?.close();
    timer = setTimeout(() => app.server.closeAllConnections(), timeoutMs);
  });
  app.addHook('onRequest', (_request, _reply, done) => {
    if (!closing) return done();
    return done(
      new CodedError('server_stopping', 'the server is stopping: send the same again when it is back'),
    );
  });
  // Those that are idle are closed at once; one whose answer is still under way would be kept alive after it.
  app.addHook('onResponse', (request, _reply, done) => {
    const { socket } = request.raw;
    if (closing && socket instanceof Socket) socket.end();
    done();
  });
  app.addHook('onClose', async () => clearTimeout(timer));
}

/** What the HTTP parser itself refuses never becomes a request. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return endWithProblem(socket, 'request_headers_too_large');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return endWithProblem(socket, 'request_timeout');
    default:
      return endWithProblem(socket, 'request_malformed');
  }
}
