import { CodedError } from '@waybill/core';
import type { FastifyReply } from 'fastify';
import type { App } from './http.ts';

/** Paths whose clients know another API: what is not there is said as that API says it. */
export interface ForeignPaths {
  readonly prefix: string;
  present(reply: FastifyReply, unknown: UnknownRoute): FastifyReply;
}

export interface UnknownRoute {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Methods that the path takes; none where there is no such path. */
  readonly allowed: readonly string[];
}

/** 405 with Allow for a known path, 404 for any other. */
export function unknownRoutes(app: App, foreignPaths: readonly ForeignPaths[]): void {
  const routes: { readonly method: string; readonly pattern: RegExp }[] = [];
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) routes.push({ method, pattern: patternOf(route.url) });
  });
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = new Set(routes.filter((route) => route.pattern.test(path)).map((route) => route.method));
    const unknown = { method: request.method, path, allowed: [...methods].toSorted() };
    if (methods.size > 0) reply.header('allow', unknown.allowed.join(', '));
    const foreign = foreignPaths.find(({ prefix }) => path.startsWith(prefix));
    if (foreign !== undefined) return foreign.present(reply, unknown);
    throw problemOf(unknown);
  });
}

function problemOf({ method, path, allowed }: UnknownRoute): CodedError {
  if (allowed.length === 0) {
    return new CodedError(
      'not_found',
      `there is nothing at ${method} ${path}: the API is described at /waybill/v1/docs`,
    );
  }
  return new CodedError('method_not_allowed', `${path} takes ${allowed.join(', ')}, not ${method}`, {
    detail: { allowed },
  });
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((segment) =>
      segment.replaceAll(/:[A-Za-z0-9_]+|\*|[.+?^${}()|[\]\\]/g, (found) =>
        found === '*' ? '.*' : found.startsWith(':') ? '[^/]+' : `\\${found}`,
      ),
    )
    .join('/');
  return new RegExp(`^${source}$`);
}
