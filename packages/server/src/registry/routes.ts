import type { FastifyReply, FastifyRequest } from 'fastify';
import { type App, nameRoute } from '../ground/index.ts';
import { type Caller, requireAccess } from './access.ts';
import { registryError } from './errors.ts';
import { callerOf } from './routes/authorization.ts';
import { BLOB_ENDPOINTS } from './routes/blobs.ts';
import { type Endpoints, type Kind, queryOf, type RegistryRoutesDeps, splitPath } from './routes/call.ts';
import { presentError } from './routes/errors.ts';
import { MANIFEST_ENDPOINTS, REFERRERS_ENDPOINTS, TAGS_ENDPOINTS } from './routes/manifests.ts';
import { tokenEndpoint } from './routes/token.ts';
import { UPLOAD_ENDPOINTS, UPLOADS_ENDPOINTS } from './routes/uploads.ts';

export type { RegistryRoutesDeps } from './routes/call.ts';

const ENDPOINTS: Readonly<Record<Kind, Endpoints>> = {
  uploads: UPLOADS_ENDPOINTS,
  upload: UPLOAD_ENDPOINTS,
  blob: BLOB_ENDPOINTS,
  manifest: MANIFEST_ENDPOINTS,
  tags: TAGS_ENDPOINTS,
  referrers: REFERRERS_ENDPOINTS,
};

/** The one wildcard route as the specification names its endpoints, for the figures. */
const PATTERNS: Readonly<Record<Kind, string>> = {
  uploads: '/v2/<name>/blobs/uploads/',
  upload: '/v2/<name>/blobs/uploads/<reference>',
  blob: '/v2/<name>/blobs/<digest>',
  manifest: '/v2/<name>/manifests/<reference>',
  tags: '/v2/<name>/tags/list',
  referrers: '/v2/<name>/referrers/<digest>',
};

/** `/v2/`: the OCI distribution API, and `/v2/token`. Bodies stay streams; each endpoint counts what it reads. */
export function registryRoutes(deps: RegistryRoutesDeps): (app: App) => Promise<void> {
  return async (app) => {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _body, done) => done(null));
      scope.setErrorHandler((error, request, reply) => presentError(deps.publicUrl, error, request, reply));
      scope.addHook('onRequest', (_request, reply, done) => {
        // Blobs are a tenant's bytes on the origin of the UI: a browser shall not guess a type for them.
        reply
          .header('docker-distribution-api-version', 'registry/2.0')
          .header('x-content-type-options', 'nosniff');
        done();
      });
      scope.route({
        method: ['GET', 'POST'],
        url: '/v2/token',
        schema: { hide: true },
        exposeHeadRoute: false,
        handler: (request, reply) => tokenEndpoint(deps, request, reply),
      });
      await scope.register(async (guarded: App) => repositoryRoutes(guarded, deps));
    });
  };
}

/** Whoever calls signs in before anything of the body is looked at. */
function repositoryRoutes(app: App, deps: RegistryRoutesDeps): void {
  const callers = new WeakMap<FastifyRequest, Caller>();
  app.addHook('onRequest', async (request) => {
    callers.set(request, await callerOf(deps, request));
  });
  for (const url of ['/v2', '/v2/', '/v2/*']) {
    app.route({
      method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url,
      schema: { hide: true },
      exposeHeadRoute: false,
      handler: (request, reply) => {
        const caller = callers.get(request);
        if (caller === undefined) throw new Error('a request of the registry came past its sign-in');
        return dispatch(deps, caller, { request, reply });
      },
    });
  }
}

/** Split the path → authorize → the endpoint. */
async function dispatch(
  deps: RegistryRoutesDeps,
  caller: Caller,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<FastifyReply> {
  const url = request.raw.url ?? '';
  // end-1
  if (/^\/v2\/?(?:\?|$)/.test(url)) {
    if (request.method === 'GET' || request.method === 'HEAD') return reply.send({});
    throw methodNotAllowed(request);
  }
  const path = splitPath(url);
  if (path === null)
    throw registryError('registry_not_found', 'This is no path of the OCI distribution API.');
  nameRoute(request, PATTERNS[path.kind]);
  const endpoint = Object.hasOwn(ENDPOINTS[path.kind], request.method)
    ? ENDPOINTS[path.kind][request.method]
    : undefined;
  if (endpoint === undefined) {
    throw methodNotAllowed(request);
  }
  requireAccess(caller, endpoint.action, path.repository);
  return endpoint.handle({
    deps: deps.registry,
    request,
    reply,
    caller,
    at: { orgId: caller.principal.orgId, repository: path.repository },
    query: queryOf(url),
    last: path.last,
  });
}

function methodNotAllowed(request: FastifyRequest): Error {
  return registryError('registry_method_not_allowed', `${request.method} is not possible here.`);
}
