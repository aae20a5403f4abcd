import { createHash, timingSafeEqual } from 'node:crypto';
import { CodedError, type Secret } from '@waybill/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ANY, type Gauge, type Histogram, type Metrics } from '../observe/metrics.ts';
import type { App } from './http.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const ROUTE_NAME = 'routeName';

export interface HttpMetrics {
  readonly duration: Histogram<{
    method: readonly string[];
    route: readonly string[];
    status: readonly string[];
  }>;
  readonly inFlight: Gauge<Record<never, never>>;
}

export function httpMetrics(metrics: Metrics): HttpMetrics {
  return {
    duration: metrics.histogram({
      name: 'waybill_http_request_duration_seconds',
      help: 'HTTP requests, by the pattern of their route; "aborted" when the client went away before the end',
      labels: { method: ANY, route: ANY, status: ANY },
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300],
    }),
    inFlight: metrics.gauge({
      name: 'waybill_http_requests_in_flight',
      help: 'HTTP requests that have no complete answer yet',
      labels: {},
    }),
  };
}

/** Measures every request of an app. Labels come from the routes of the program, never from what a client sends. */
export function measureHttp(app: App, metrics: HttpMetrics): void {
  let inFlight = 0;
  metrics.inFlight.read(() => [{ labels: {}, value: inFlight }]);
  app.decorateRequest(ROUTE_NAME, null);
  app.addHook('onRequest', (request, reply, done) => {
    inFlight++;
    const startedMs = performance.now();
    // `close` comes after every answer, and also when there is none.
    reply.raw.once('close', () => {
      inFlight--;
      metrics.duration.observe(
        {
          method: METHODS.includes(request.method) ? request.method : 'other',
          route: routeOf(request),
          status: statusOf(reply),
        },
        (performance.now() - startedMs) / 1000,
      );
    });
    done();
  });
}

/** Tells requests of one wildcard route apart. `name` MUST be one of few that stand in the program. */
export function nameRoute(request: FastifyRequest, name: string): void {
  if (request.server.hasRequestDecorator(ROUTE_NAME)) request.setDecorator(ROUTE_NAME, name);
}

/** The pattern of the route, or `none`. */
export function routeOf(request: FastifyRequest): string {
  const named = request.server.hasRequestDecorator(ROUTE_NAME)
    ? request.getDecorator<string | null>(ROUTE_NAME)
    : null;
  return named ?? request.routeOptions.url ?? 'none';
}

function statusOf(reply: FastifyReply): string {
  return reply.raw.writableFinished ? `${Math.floor(reply.raw.statusCode / 100)}xx` : 'aborted';
}

export interface MetricsRouteOptions {
  readonly metrics: Metrics;
  /** Whoever sends it may read from anywhere; null: nobody from elsewhere. */
  readonly token: Secret<string> | null;
  /** True when a proxy on this machine stands before the server, so that everybody comes from loopback. */
  readonly behindProxy: boolean;
}

/**
 * `/metrics`: without a token for this machine itself, else with the token. It is one of its own and no API token:
 * the figures are of all organisations, and they are wanted most while the database is away.
 */
export function metricsRoute(options: MetricsRouteOptions): (app: App) => Promise<void> {
  return async (app) => {
    app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
      if (!mayRead(options, request)) throw refusal(options);
      const open = /\bapplication\/openmetrics-text\b/.test(request.headers.accept ?? '');
      const text = await options.metrics.expose(open ? 'openmetrics' : 'prometheus');
      return reply
        .type(
          open
            ? 'application/openmetrics-text; version=1.0.0; charset=utf-8'
            : 'text/plain; version=0.0.4; charset=utf-8',
        )
        .send(text);
    });
  };
}

function mayRead({ token, behindProxy }: MetricsRouteOptions, request: FastifyRequest): boolean {
  const [, sent] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (token !== null && sent !== undefined && isSame(sent, token.reveal())) return true;
  return !behindProxy && isFromThisMachine(request);
}

/** Hashed first, so that neither content nor length shows in the time it takes. */
function isSame(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(one), hash(other));
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * The other end of the socket is this machine, nobody says that he only passes on, and the request is for a loopback
 * name: a browser whose DNS was turned to 127.0.0.1 names the page's host, as does a proxy that keeps it.
 */
function isFromThisMachine(request: FastifyRequest): boolean {
  const address = request.raw.socket.remoteAddress ?? '';
  const isLoopback = /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/.test(address);
  const isForwarded = FORWARDED.some((name) => request.headers[name] !== undefined);
  return isLoopback && !isForwarded && isLoopbackHost(request.headers.host ?? '');
}

/** Of a Host header, with or without a port. */
export function isLoopbackHost(host: string): boolean {
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|::1)(?::\d{1,5})?$/i.test(host);
}

function refusal({ token }: MetricsRouteOptions): CodedError {
  const hint =
    token === null
      ? 'set WAYBILL_METRICS_TOKEN on the server and send it'
      : 'send the value of WAYBILL_METRICS_TOKEN';
  return new CodedError(
    'metrics_unauthenticated',
    `the figures are for this machine, or for "Authorization: Bearer <metrics token>": ${hint}`,
  );
}
