import { isCoded } from '@waybill/core';
import type { FastifyRequest } from 'fastify';
import { authenticate, verifyRegistryToken } from '../../identity/index.ts';
import type { Caller } from '../access.ts';
import type { RegistryRoutesDeps } from './call.ts';

/**
 * Who calls: `Bearer <API token>` or what a trusted pipeline got in its place, `Basic <any>:<the same>`, or a registry
 * token of `/v2/token`, which every request is checked against anew. Throws `identity_unauthenticated` or `identity_token_…`.
 */
export async function callerOf(deps: RegistryRoutesDeps, request: FastifyRequest): Promise<Caller> {
  const { authorization } = request.headers;
  const jwt = /^bearer +(eyJ\S+)$/i.exec(authorization ?? '')?.[1];
  let granted: Caller['granted'] = null;
  const from = { address: request.ip, credential: authorization };
  const principal = await deps.identity.signIns.attempt(from, async () => {
    const verified = jwt === undefined ? null : await registryToken(deps, jwt);
    if (verified === null) return authenticate(deps.identity, authorization);
    granted = verified.access;
    return verified.principal;
  });
  return { principal, granted };
}

/** Null for a token of another kind, which may be good for itself. */
async function registryToken(deps: RegistryRoutesDeps, jwt: string) {
  try {
    return await verifyRegistryToken(deps.identity, jwt);
  } catch (error) {
    if (isCoded(error, 'identity_token_type')) return null;
    throw error;
  }
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
