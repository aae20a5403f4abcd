import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  authenticate,
  issueRegistryToken,
  type Principal,
  type RegistryAccess,
  type RegistryAction,
} from '../../identity/index.ts';
import { grantAccess } from '../access.ts';
import { registryError } from '../errors.ts';
import { readBody } from './body.ts';
import { queryOf, type RegistryRoutesDeps } from './call.ts';

const MAX_FORM_BYTES = 64 * 1024;
const ACTIONS: readonly RegistryAction[] = ['pull', 'push', 'delete'];

/** `/v2/token`: GET with Basic, or POST of a form with grant_type=password (distribution "Token Authentication", "OAuth2"). */
export async function tokenEndpoint(
  deps: RegistryRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const asked = request.method === 'POST' ? await formOf(request) : queryOf(request.raw.url ?? '');
  const principal = await principalOf(deps, request, asked);
  const access = grantAccess(principal, parseScopes(asked.getAll('scope')));
  const token = await issueRegistryToken(deps.identity, principal, access);
  return reply.header('cache-control', 'no-store').send({
    token: token.jwt,
    access_token: token.jwt,
    expires_in: token.expiresInSeconds,
    issued_at: token.issuedAt.toISOString(),
    ...(request.method === 'POST' ? { scope: access.map(formatScope).join(' ') } : {}),
  });
}

/** Scopes for repositories; other types and actions are not granted, and are no error. */
function parseScopes(texts: readonly string[]): readonly RegistryAccess[] {
  return texts
    .flatMap((text) => text.split(' '))
    .slice(0, 100)
    .flatMap((text) => {
      const [, name, list] = /^repository:([^\s]+):([a-z*,]+)$/.exec(text) ?? [];
      if (name === undefined || list === undefined) return [];
      const asked = list.split(',');
      const actions = ACTIONS.filter((action) => asked.includes(action) || asked.includes('*'));
      return [{ type: 'repository' as const, name, actions }];
    });
}

function formatScope(access: RegistryAccess): string {
  return `repository:${access.name}:${access.actions.join(',')}`;
}

async function formOf(request: FastifyRequest): Promise<URLSearchParams> {
  const tooLarge = () =>
    registryError('registry_query_invalid', `The form is larger than ${MAX_FORM_BYTES} bytes.`);
  const form = new URLSearchParams(Buffer.from(await readBody(request, MAX_FORM_BYTES, tooLarge)).toString());
  const grant = form.get('grant_type');
  if (grant === 'password' || (grant === null && request.headers.authorization !== undefined)) return form;
  throw registryError(
    'registry_query_invalid',
    'grant_type: expected "password", with the API token as password; refresh tokens are not issued.',
  );
}

function principalOf(
  deps: RegistryRoutesDeps,
  request: FastifyRequest,
  form: URLSearchParams,
): Promise<Principal> {
  const password = request.method === 'POST' ? form.get('password') : null;
  const credential = password === null ? request.headers.authorization : `Bearer ${password}`;
  const from = { address: request.ip, credential };
  return deps.identity.signIns.attempt(from, () => authenticate(deps.identity, credential));
}
