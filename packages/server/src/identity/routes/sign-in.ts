import type { FastifyRequest } from 'fastify';
import type { App } from '../../ground/index.ts';
import { authenticate } from '../authenticate.ts';
import type { IdentityDeps } from '../deps.ts';
import type { Principal } from '../principal.ts';

/** Who sent a request of the scope that `signInFirst` guards. */
export type Who = (request: FastifyRequest) => Principal;

/** What a room does around a sign-in. MUST call `signIn`, and throw what it throws. */
type Around = (request: FastifyRequest, signIn: () => Promise<void>) => Promise<void>;

/**
 * Whoever asks a route of this scope signs in before a byte of the body is read and before its shape is looked at:
 * a stranger costs one look at a header, and learns nothing but 401.
 */
export function signInFirst(
  app: App,
  deps: IdentityDeps,
  around: Around = (_request, signIn) => signIn(),
): Who {
  // What the description of the API says of a route is what the route does.
  app.addHook('onRoute', (route) => {
    route.schema = { ...route.schema, security: [{ token: [] }] };
  });
  const signedIn = new WeakMap<FastifyRequest, Principal>();
  app.addHook('onRequest', (request) =>
    around(request, async () => {
      const { authorization } = request.headers;
      const from = { address: request.ip, credential: authorization };
      signedIn.set(request, await deps.signIns.attempt(from, () => authenticate(deps, authorization)));
    }),
  );
  return (request) => {
    const principal = signedIn.get(request);
    if (principal === undefined) throw new Error(`${request.url} is not in a scope that signs in first`);
    return principal;
  };
}
