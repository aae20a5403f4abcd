import type { FastifyRequest } from 'fastify';
import { authenticate, verifyRegistryToken } from '../../identity/index.ts';
import type { Caller } from '../access.ts';
import type { RegistryRoutesDeps } from './call.ts';

/**
 * Who calls: `Bearer <API token>`, `Basic <any>:<API token>`, or a registry token of `/v2/token`, which every
 * request is checked against anew. Throws `identity_unauthenticated` or `identity_token_…`.
 */
export async function callerOf(deps: RegistryRoutesDeps, request: FastifyRequest): Promise<Caller> {
  const { authorization } = request.headers;
  const jwt = /^bearer +(eyJ\S+)$/i.exec(authorization ?? '')?.[1];
  let granted: Caller['granted'] = null;
  const from = { address: request.ip, credential: authorization };
  const principal = await deps.identity.signIns.attempt(from, async () => {
    if (jwt === undefined) return authenticate(deps.identity, authorization);
    const verified = await verifyRegistryToken(deps.identity, jwt);
    granted = verified.access;
    return verified.principal;
  });
  return { principal, granted };
}

/** WWW-Authenticate of a 401 (distribution "Token Authentication"): where to get a token, and for what. */
export function challenge(
  publicUrl: string,
  scope: { readonly repository: string; readonly actions: string } | null,
  error?: 'insufficient_scope' | 'invalid_token',
): string {
  const parts = [`realm="${publicUrl}/v2/token"`, `service="${serviceOf(publicUrl)}"`];
  if (scope !== null) parts.push(`scope="repository:${scope.repository}:${scope.actions}"`);
  if (error !== undefined) parts.push(`error="${error}"`);
  return `Bearer ${parts.join(',')}`;
}

/** The registry's name for clients: its host and port. */
function serviceOf(publicUrl: string): string {
  return new URL(publicUrl).host;
}
