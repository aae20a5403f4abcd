import type { FastifyRequest } from 'fastify';
import { withoutSecrets } from '../log/secrets.ts';
import { noTracing, type RequestSpan, type Tracing } from '../observe/tracing.ts';
import type { App } from './http.ts';
import { routeOf } from './metrics.ts';

/** What is asked every few seconds tells nothing. */
const UNTRACED = new Set(['/healthz', '/readyz', '/metrics']);

/** A span for every request, around all that is done for it. Names of OpenTelemetry's semantic conventions for HTTP. */
export function traceHttp(app: App, tracing: Tracing): void {
  if (tracing === noTracing) return;
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  app.addHook('onRequest', (request, reply, done) => {
    const { url = '' } = request.routeOptions;
    if (UNTRACED.has(url)) return done();
    const span = tracing.request(request.headers, {
      'http.request.method': request.method,
      // Without the query: codes and tokens travel there.
      'url.path': withoutSecrets(request.url.split('?', 1)[0] ?? ''),
      'url.scheme': request.protocol,
      'client.address': request.ip,
      'waybill.request.id': request.id,
    });
    spans.set(request, span);
    reply.raw.once('close', () => {
      const { statusCode, writableFinished } = reply.raw;
      const route = routeOf(request);
      span.end({
        name: `${request.method} ${route}`,
        attributes: { 'http.route': route, 'http.response.status_code': statusCode },
        failed: statusCode >= 500 || !writableFinished,
      });
    });
    return span.within(done);
  });
  // What reads a body goes on in the context of the socket, not in that of the request.
  app.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    return span === undefined ? done() : span.within(done);
  });
}
