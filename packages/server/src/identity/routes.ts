import { CreatedToken, CreateToken, Me, TokenList } from '@waybill/api';
import { Type } from 'typebox';
import type { App } from '../ground/index.ts';
import { createToken } from './create-token.ts';
import type { IdentityDeps } from './deps.ts';
import { exchangeToken, type Federation } from './exchange-token.ts';
import { listTokens } from './list-tokens.ts';
import { apiScope, presentToken } from './present-token.ts';
import { revokeToken } from './revoke-token.ts';
import { keyRoutes } from './routes/keys.ts';
import { signInFirst, type Who } from './routes/sign-in.ts';

const TAGS = ['identity'];

/** `/waybill/v1/me`, `/waybill/v1/tokens`, `/waybill/v1/keys` and the built-in issuer under `/oidc`. */
export function identityRoutes(deps: IdentityDeps & Federation): (app: App) => Promise<void> {
  return async (app) => {
    await app.register(async (scope: App) => {
      const who = signInFirst(scope, deps);
      meRoute(scope, who);
      tokenRoutes(scope, deps, who);
      keyRoutes(scope, deps, who);
    });
    await app.register(oidcRoutes(deps), { prefix: '/oidc' });
  };
}

function meRoute(app: App, who: Who): void {
  app.get(
    '/waybill/v1/me',
    { schema: { tags: TAGS, summary: 'Who the API token is', response: { 200: Me } } },
    async (request) => {
      const principal = who(request);
      return {
        organization: principal.orgName,
        token: { id: principal.tokenId, name: principal.tokenName },
        role: principal.role,
        scope: apiScope(principal.scope),
      };
    },
  );
}

function tokenRoutes(app: App, deps: IdentityDeps, who: Who): void {
  app.post(
    '/waybill/v1/tokens',
    {
      schema: {
        tags: TAGS,
        summary: 'Create an API token',
        body: CreateToken,
        response: { 201: CreatedToken },
      },
    },
    async (request, reply) => {
      const principal = who(request);
      const created = await createToken(deps, principal, { ...request.body, requestId: request.id });
      reply.code(201).header('cache-control', 'no-store');
      return { token: presentToken(created.token), secret: created.secret.reveal() };
    },
  );
  app.get(
    '/waybill/v1/tokens',
    { schema: { tags: TAGS, summary: 'List API tokens', response: { 200: TokenList } } },
    async (request) => {
      const principal = who(request);
      return { tokens: (await listTokens(deps, principal)).map(presentToken) };
    },
  );
  app.delete(
    '/waybill/v1/tokens/:id',
    // Any text: an id of the wrong form is as unknown as any other.
    {
      schema: {
        tags: TAGS,
        summary: 'Revoke an API token',
        params: Type.Object({ id: Type.String() }),
        response: { 204: Type.Null({ description: 'It is revoked' }) },
      },
    },
    async (request, reply) => {
      const principal = who(request);
      await revokeToken(deps, principal, { id: request.params.id, requestId: request.id });
      return reply.code(204).send(null);
    },
  );
}

/** A scope of its own, as its bodies are forms and its errors OAuth's. */
function oidcRoutes(deps: IdentityDeps & Federation): (app: App) => Promise<void> {
  return async (app) => {
    acceptForms(app);
    app.get('/.well-known/openid-configuration', { schema: { hide: true } }, async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=300');
      return discoveryOf(deps.issuer.url);
    });
    app.get('/jwks', { schema: { hide: true } }, async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=300');
      return { keys: deps.issuer.jwks };
    });
    app.post('/token', { schema: { hide: true } }, async (request, reply) => {
      // RFC 6749 §5.1: answers with tokens MUST NOT be stored on the way.
      reply.header('cache-control', 'no-store').header('pragma', 'no-cache');
      const { status, body } = await tokenAnswer(deps, request.body, {
        address: request.ip,
        requestId: request.id,
      });
      return reply.code(status).send(body);
    });
  };
}

function acceptForms(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 16_384 },
    (_request, body, done) => done(null, body),
  );
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(null, undefined);
  });
}

async function tokenAnswer(
  deps: IdentityDeps & Federation,
  form: unknown,
  from: { readonly address: string; readonly requestId: string },
) {
  if (typeof form !== 'string') {
    const expected = 'expected a body of type application/x-www-form-urlencoded';
    return { status: 400, body: oauthError('invalid_request', expected) };
  }
  const answer = await exchangeToken(deps, form, from);
  if (answer.type === 'refused') {
    const status = answer.error === 'temporarily_unavailable' ? 503 : 400;
    return { status, body: oauthError(answer.error, answer.description) };
  }
  return {
    status: 200,
    body: {
      access_token: answer.token,
      issued_token_type: `urn:ietf:params:oauth:token-type:${answer.tokenType}`,
      // RFC 8693 §2.2.1: an ID token is no access token, whatever the field is called.
      token_type: answer.tokenType === 'access_token' ? 'Bearer' : 'N_A',
      expires_in: answer.expiresInSeconds,
    },
  };
}

function discoveryOf(issuer: string) {
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    grant_types_supported: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    token_endpoint_auth_methods_supported: ['none'],
    claims_supported: [
      'iss',
      'sub',
      'aud',
      'exp',
      'iat',
      'nbf',
      'jti',
      'organization',
      'project',
      'workflow',
      'token_id',
    ],
  };
}

function oauthError(error: string, description: string) {
  return { error, error_description: description };
}
