import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { exchangeToken } from '@waybill/clients/oidc';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { type App, createHttp, createLog } from '../ground/index.ts';
import { IDENTITY_PROBLEMS } from './errors.ts';
import { type IdentityWorld, identityWorld, PUBLIC_URL } from './fixture.ts';
import { verifyIdentityToken } from './identity-token.ts';
import { identityRoutes } from './routes.ts';

let w: IdentityWorld;
let app: App;
before(async () => {
  w = await identityWorld();
  app = createHttp({
    log: createLog('silent'),
    problems: IDENTITY_PROBLEMS,
    version: '0.0.0',
    publicUrl: PUBLIC_URL,
    ready: async () => [],
  });
  // Tokens of other issuers are verified by a later room; the whole of it stands in test/trusted-pipelines.test.ts.
  const verify = () => Promise.reject(new Error('not asked here'));
  await app.register(identityRoutes({ ...w.deps, verify }));
});
after(async () => {
  await app.close();
  await w.close();
});

type Method = 'GET' | 'POST' | 'DELETE';

async function call(method: Method, url: string, body?: object, token = w.ownerToken.reveal()) {
  const response = await app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { payload: body }),
  });
  return { status: response.statusCode, headers: response.headers, body: response.body && response.json() };
}

const EXCHANGE = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};

async function exchange(
  form: Readonly<Record<string, string>> | string,
  type = 'application/x-www-form-urlencoded',
) {
  const payload = typeof form === 'string' ? form : new URLSearchParams({ ...EXCHANGE, ...form }).toString();
  const response = await app.inject({
    method: 'POST',
    url: '/oidc/token',
    headers: { 'content-type': type },
    payload,
  });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

describe('GET /waybill/v1/me', () => {
  it('says who the token is', async () => {
    const { status, body } = await call('GET', '/waybill/v1/me');
    assert.equal(status, 200);
    assert.deepEqual(body, {
      organization: 'default',
      token: { id: w.owner.tokenId, name: 'owner' },
      role: 'owner',
      scope: { type: 'organization' },
    });
  });

  it('answers 401 with a problem without a token', async () => {
    const response = await app.inject({ url: '/waybill/v1/me' });
    assert.equal(response.statusCode, 401);
    assert.equal(response.json().code, 'identity_unauthenticated');
    assert.match(String(response.headers['www-authenticate']), /^Bearer/);
  });
});

describe('/waybill/v1/tokens', () => {
  it('shows the secret once, and never again', async () => {
    const scope = { type: 'workflow', project: 'demo', workflow: 'build' };
    const created = await call('POST', '/waybill/v1/tokens', {
      name: 'ci',
      role: 'member',
      scope,
      expiresInSeconds: 3600,
    });
    assert.equal(created.status, 201);
    assert.match(created.body.secret, /^wb_[\w-]{43}$/);
    assert.equal(created.headers['cache-control'], 'no-store');
    assert.deepEqual(created.body.token.scope, scope);
    assert.equal(created.body.token.expiresAt, new Date(w.now.getTime() + 3_600_000).toISOString());
    const list = await call('GET', '/waybill/v1/tokens');
    assert.ok(list.body.tokens.some((token: { name: string }) => token.name === 'ci'));
    assert.ok(!JSON.stringify(list.body).includes(created.body.secret));
    const me = await call('GET', '/waybill/v1/me', undefined, created.body.secret);
    assert.deepEqual(me.body.scope, scope);
  });

  it('revokes', async () => {
    const created = await call('POST', '/waybill/v1/tokens', { name: 'gone', role: 'viewer' });
    const revoked = await call('DELETE', `/waybill/v1/tokens/${created.body.token.id}`);
    assert.equal(revoked.status, 204);
    assert.equal((await call('GET', '/waybill/v1/me', undefined, created.body.secret)).status, 401);
    const foreign = await call('DELETE', `/waybill/v1/tokens/${w.stranger.tokenId}`);
    assert.equal(foreign.status, 404);
    assert.equal((await call('DELETE', '/waybill/v1/tokens/nonsense')).status, 404);
  });

  it('refuses unknown members and roles', async () => {
    for (const body of [
      { name: 'x', role: 'root' },
      { name: 'x', role: 'viewer', scopes: [] },
      { name: 'X', role: 'viewer' },
      { name: 'x', role: 'viewer', scope: { type: 'workflow', project: 'demo' } },
    ]) {
      assert.equal((await call('POST', '/waybill/v1/tokens', body)).status, 400);
    }
  });
});

describe('/waybill/v1/keys', () => {
  it('adds, lists and removes', async () => {
    const publicKey = generateKeyPairSync('ed25519')
      .publicKey.export({ format: 'pem', type: 'spki' })
      .toString();
    const added = await call('POST', '/waybill/v1/keys', { name: 'release', publicKey });
    assert.equal(added.status, 201);
    assert.equal(added.body.publicKey, publicKey);
    assert.deepEqual((await call('GET', '/waybill/v1/keys')).body, { keys: [added.body] });
    assert.equal((await call('DELETE', '/waybill/v1/keys/release')).status, 204);
    assert.equal((await call('DELETE', '/waybill/v1/keys/release')).status, 404);
  });
});

describe('/oidc', () => {
  it('publishes discovery and keys by which an independent client verifies', async () => {
    const discovery = (await app.inject({ url: '/oidc/.well-known/openid-configuration' })).json();
    assert.equal(discovery.issuer, `${PUBLIC_URL}/oidc`);
    assert.equal(discovery.token_endpoint, `${PUBLIC_URL}/oidc/token`);
    const jwks = (await app.inject({ url: new URL(discovery.jwks_uri).pathname })).json() as JSONWebKeySet;
    assert.deepEqual(Object.keys(jwks.keys[0] ?? {}).toSorted(), ['alg', 'e', 'kid', 'kty', 'n', 'use']);
    const { status, headers, body } = await exchange({
      subject_token: w.ownerToken.reveal(),
      scope: 'workflow:demo/build',
    });
    assert.equal(status, 200);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(body.issued_token_type, 'urn:ietf:params:oauth:token-type:id_token');
    assert.equal(body.token_type, 'N_A');
    assert.equal(body.expires_in, 600);
    const { payload } = await jwtVerify(body.access_token, createLocalJWKSet(jwks), {
      issuer: discovery.issuer,
      audience: 'sigstore',
      currentDate: w.now,
    });
    assert.equal(payload.sub, 'default/demo/build');
    assert.equal(payload['email'], undefined);
  });

  it('takes the scope of the API token when none is chosen', async () => {
    const { secret } = await w.token({ scope: { type: 'workflow', project: 'demo', workflow: 'build' } });
    const type = 'urn:waybill:params:oauth:token-type:api-token';
    const { body } = await exchange({
      subject_token: secret.reveal(),
      subject_token_type: type,
      audience: 'vault',
    });
    const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
    assert.deepEqual([claims.sub, claims.aud], ['default/demo/build', 'vault']);
  });

  it('serves the client that the command line uses', async () => {
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const workflow = { project: 'demo', name: 'build' };
    const issued = await exchangeToken({ url, token: w.ownerToken, workflow });
    assert.equal(issued.subject, 'default/demo/build');
    assert.equal((await verifyIdentityToken(w.deps, issued.jwt.reveal())).subject, issued.subject);
    const bad = { project: '..', name: 'build' };
    await assert.rejects(exchangeToken({ url, token: w.ownerToken, workflow: bad }), {
      code: 'oidc_refused',
      message: /invalid_scope/,
    });
  });

  it('answers refusals in the form of OAuth', async () => {
    const token = { subject_token: w.ownerToken.reveal() };
    const narrow = {
      subject_token: (await w.token({ scope: { type: 'project', project: 'demo' } })).secret.reveal(),
    };
    const viewer = { subject_token: (await w.token({ role: 'viewer' })).secret.reveal() };
    const good = new URLSearchParams({ ...EXCHANGE, ...token }).toString();
    const cases: readonly (readonly [Readonly<Record<string, string>> | string, string])[] = [
      ['', 'unsupported_grant_type'],
      [{ ...token, grant_type: 'authorization_code' }, 'unsupported_grant_type'],
      [{}, 'invalid_request'],
      [{ subject_token: `wb_${'A'.repeat(43)}` }, 'invalid_request'],
      [{ ...token, subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }, 'invalid_request'],
      [
        { ...token, requested_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
        'invalid_request',
      ],
      [{ ...token, actor_token: 'x' }, 'invalid_request'],
      [`${good}&subject_token=x`, 'invalid_request'],
      [`${good}&audience=a&audience=b`, 'invalid_request'],
      [{ ...token, audience: 'a b' }, 'invalid_target'],
      [{ ...token, audience: `${PUBLIC_URL}/v2` }, 'invalid_target'],
      [{ ...token, audience: 'HTTP://127.0.0.1:7070' }, 'invalid_target'],
      [{ ...token, resource: 'https://a' }, 'invalid_target'],
      [{ ...token, scope: 'workflow:demo' }, 'invalid_scope'],
      [{ ...token, scope: 'workflow:demo/build/x' }, 'invalid_scope'],
      [{ ...token, scope: 'workflow:../build' }, 'invalid_scope'],
      [{ ...token, scope: 'workflow:a/b workflow:c/d' }, 'invalid_scope'],
      [{ ...token, scope: 'everything' }, 'invalid_scope'],
      [{ ...narrow, scope: 'workflow:other/build' }, 'invalid_scope'],
      [viewer, 'unauthorized_client'],
    ];
    for (const [form, error] of cases) {
      const { status, headers, body } = await exchange(form);
      assert.deepEqual([status, body.error], [400, error], JSON.stringify(form));
      assert.deepEqual(Object.keys(body), ['error', 'error_description']);
      assert.equal(headers['cache-control'], 'no-store');
      assert.ok(!body.error_description.includes('wb_A'));
    }
    const json = await exchange(JSON.stringify({ ...EXCHANGE, ...token }), 'application/json');
    assert.deepEqual([json.status, json.body.error], [400, 'invalid_request']);
    const long = await exchange(`${good}&x=${'y'.repeat(20_000)}`);
    assert.equal(long.status, 413);
  });
});
