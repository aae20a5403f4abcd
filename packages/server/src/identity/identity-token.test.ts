import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { CodedError } from '@waybill/core';
import { toBase64Url, utf8 } from '@waybill/core/bytes';
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { type IdentityWorld, identityWorld, PUBLIC_URL } from './fixture.ts';
import { issueIdentityToken, verifyIdentityToken } from './identity-token.ts';
import type { Principal } from './principal.ts';
import { issueRegistryToken, verifyRegistryToken } from './registry-token.ts';
import { revokeToken } from './revoke-token.ts';
import { signToken, TOKEN_TYPE } from './sign-token.ts';

const ISSUER = `${PUBLIC_URL}/oidc`;
const BUILD = { project: 'demo', workflow: 'build' };

let w: IdentityWorld;
before(async () => {
  w = await identityWorld();
});
after(() => w.close());

type Members = Readonly<Record<string, unknown>>;

const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
const encode = (part: unknown) => toBase64Url(utf8(typeof part === 'string' ? part : JSON.stringify(part)));
const header = (more: Members = {}): Members => ({
  alg: 'RS256',
  typ: 'JWT',
  kid: w.deps.issuer.signingKey.kid,
  ...more,
});
const claims = (more: Members = {}): Members => ({
  iss: ISSUER,
  sub: 'default/demo/build',
  aud: 'sigstore',
  iat: seconds(w.now),
  nbf: seconds(w.now),
  exp: seconds(w.now) + 600,
  token_id: w.owner.tokenId,
  ...more,
});

/** A token by hand, signed with the issuer's own key unless told. */
function forge(head: unknown, body: unknown, key: KeyObject = w.deps.issuer.signingKey.privateKey): string {
  const input = `${encode(head)}.${encode(body)}`;
  return `${input}.${toBase64Url(sign('sha256', Buffer.from(input), key))}`;
}

const issue = async (principal: Principal = w.owner, audience = 'sigstore') =>
  (await issueIdentityToken(w.deps, principal, { audience, target: BUILD })).jwt;

const refused = (jwt: string, code: string, message = /./) =>
  assert.rejects(verifyIdentityToken(w.deps, jwt), { code, message });

describe('issueIdentityToken', () => {
  it('names organisation, project and workflow in a ten-minute RS256 token', async () => {
    const jwt = await issue();
    const { jti, ...rest } = decodeJwt(jwt);
    assert.match(String(jti), /^[0-9a-f-]{36}$/);
    assert.deepEqual(rest, {
      iss: ISSUER,
      sub: 'default/demo/build',
      aud: 'sigstore',
      iat: seconds(w.now),
      nbf: seconds(w.now),
      exp: seconds(w.now) + 600,
      organization: 'default',
      project: 'demo',
      workflow: 'build',
      token_id: w.owner.tokenId,
    });
    assert.deepEqual(decodeProtectedHeader(jwt), header());
  });

  it('makes the subject as narrow as the target, never with a word left open', async () => {
    for (const [target, subject] of [
      [{}, 'default'],
      [{ project: 'demo' }, 'default/demo'],
    ] as const) {
      const { jwt } = await issueIdentityToken(w.deps, w.owner, { audience: 'sigstore', target });
      assert.equal(decodeJwt(jwt).sub, subject);
    }
  });

  it('lets no name pose as another subject', async () => {
    for (const target of [
      { workflow: 'demo' },
      { project: 'demo/build' },
      { project: 'demo', workflow: '' },
    ]) {
      await assert.rejects(issueIdentityToken(w.deps, w.owner, { audience: 'sigstore', target }), {
        code:
          'workflow' in target && !('project' in target) ? 'identity_scope_invalid' : 'identity_name_invalid',
      });
    }
  });

  it('is refused outside of the scope and to viewers, and leaves an audit row', async () => {
    const viewer = (await w.token({ role: 'viewer' })).principal;
    const other = (await w.token({ scope: { type: 'project', project: 'other' } })).principal;
    for (const who of [viewer, other]) {
      await assert.rejects(issue(who), { code: 'identity_forbidden' });
      assert.equal((await w.auditActions()).at(-1), 'identity.issue-id-token refused');
    }
    await issue();
    assert.equal((await w.auditActions()).at(-1), 'identity.issue-id-token');
  });
});

describe('verifyIdentityToken', () => {
  it('takes what the issuer issued', async () => {
    const verified = await verifyIdentityToken(w.deps, await issue());
    assert.equal(verified.issuer, ISSUER);
    assert.equal(verified.subject, 'default/demo/build');
    assert.equal(verified.audience, 'sigstore');
    assert.equal(verified.expiresAt.getTime(), w.now.getTime() + 600_000);
    assert.equal(verified.claims['workflow'], 'build');
    // The forger of these tests is able to make a good one, so that each refusal below has its own reason.
    await verifyIdentityToken(w.deps, forge(header(), claims()));
  });

  it('refuses alg none', async () => {
    const jwt = `${encode(header({ alg: 'none' }))}.${encode(claims())}.`;
    await refused(jwt, 'identity_token_algorithm', /"none"/);
    await refused(forge(header({ alg: undefined }), claims()), 'identity_token_algorithm');
    await refused(forge(header({ alg: 'None' }), claims()), 'identity_token_algorithm');
  });

  it('refuses HS256 with the public key as secret', async () => {
    const input = `${encode(header({ alg: 'HS256' }))}.${encode(claims())}`;
    const publicKey = [...w.deps.issuer.publicKeys.values()][0];
    for (const format of [
      { format: 'pem', type: 'spki' },
      { format: 'der', type: 'spki' },
    ] as const) {
      const secret = publicKey?.export(format as { format: 'pem'; type: 'spki' }) ?? '';
      const mac = createHmac('sha256', secret).update(input).digest();
      await refused(`${input}.${toBase64Url(mac)}`, 'identity_token_algorithm', /HS256/);
      // The same bytes under a header that says RS256.
      const lie = `${encode(header())}.${encode(claims())}`;
      const lieMac = createHmac('sha256', secret).update(lie).digest();
      await refused(`${lie}.${toBase64Url(lieMac)}`, 'identity_token_signature');
    }
  });

  it('refuses PS256, RS512 and ES256 of the same issuer', async () => {
    for (const alg of ['PS256', 'RS512', 'ES256'])
      await refused(forge(header({ alg }), claims()), 'identity_token_algorithm');
  });

  it('finds keys by kid in its own map only', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'RS256' };
    for (const kid of [
      undefined,
      'unknown',
      '__proto__',
      'constructor',
      '../../etc/passwd',
      'http://evil/jwks',
      `${w.deps.issuer.signingKey.kid} `,
    ]) {
      await refused(
        forge(header({ kid, jwk, jku: 'http://evil/jwks' }), claims(), privateKey),
        'identity_token_key',
      );
    }
    for (const more of [{ x5u: 'http://evil/x5u' }, { x5c: ['MIIB'] }, { jwk }, { jku: 'http://evil/jwks' }])
      await refused(forge(header({ kid: undefined, ...more }), claims(), privateKey), 'identity_token_key');
    await refused(forge(header({ kid: 7 }), claims()), 'identity_token_malformed');
    // The right kid does not make the key in the header count.
    await refused(
      forge(header({ jwk, jku: 'http://evil/jwks' }), claims(), privateKey),
      'identity_token_signature',
    );
  });

  it('says which issuer it knows to a foreign token', async () => {
    for (const iss of [
      'https://token.actions.githubusercontent.com',
      `${ISSUER}/`,
      ISSUER.toUpperCase(),
      undefined,
    ]) {
      await refused(forge(header(), claims({ iss })), 'identity_token_issuer', /127\.0\.0\.1:7070\/oidc/);
    }
  });

  it('refuses another audience', async () => {
    await refused(await issue(w.owner, 'somebody-else'), 'identity_token_audience', /"somebody-else"/);
    await refused(forge(header(), claims({ aud: ['sigstore', 'x'] })), 'identity_token_claims');
    await refused(forge(header(), claims({ aud: undefined })), 'identity_token_claims');
  });

  it('says when a token expired, with at most 30 s of leeway', async () => {
    const at = (exp: number) => forge(header(), claims({ iat: 0, nbf: 0, exp: seconds(w.now) + exp }));
    await verifyIdentityToken(w.deps, at(-29));
    await refused(at(-30), 'identity_token_expired', /expired at 2026-/);
    await refused(forge(header(), claims({ exp: undefined })), 'identity_token_claims');
    await refused(forge(header(), claims({ exp: 1e300 })), 'identity_token_claims');
  });

  it('refuses a token from the future, with at most 30 s of leeway', async () => {
    for (const name of ['nbf', 'iat']) {
      const at = (ahead: number) => forge(header(), claims({ [name]: seconds(w.now) + ahead }));
      await verifyIdentityToken(w.deps, at(30));
      await refused(at(31), 'identity_token_not_yet_valid');
    }
    await refused(forge(header(), claims({ iat: undefined })), 'identity_token_claims');
  });

  it('refuses a changed token', async () => {
    const [head = '', , signature = ''] = (await issue()).split('.');
    await refused(
      `${head}.${encode(claims({ sub: 'default/demo/release' }))}.${signature}`,
      'identity_token_signature',
    );
  });

  it('refuses header extensions and doubled claims', async () => {
    await refused(forge(header({ crit: ['exp'] }), claims()), 'identity_token_malformed');
    await refused(forge(header({ b64: false, crit: ['b64'] }), claims()), 'identity_token_malformed');
    const doubled = JSON.stringify(claims()).replace('{', '{"sub":"default/demo/release",');
    await refused(forge(header(), doubled), 'identity_token_malformed');
  });

  it('ends with the API token that it came from', async () => {
    const { principal } = await w.token({});
    const jwt = await issue(principal);
    await verifyIdentityToken(w.deps, jwt);
    await revokeToken(w.deps, w.owner, { id: principal.tokenId });
    await refused(jwt, 'identity_token_revoked');
    await refused(forge(header(), claims({ token_id: undefined })), 'identity_token_claims');
    const nobody = '00000000-0000-4000-8000-000000000000';
    await refused(forge(header(), claims({ token_id: nobody })), 'identity_token_revoked');
  });

  it('gives a coded error for any text, never a raw exception', async () => {
    const part = fc
      .oneof(fc.string(), fc.json(), fc.constantFrom('null', '[]', '{"alg":"RS256"}'))
      .map(encode);
    const three = fc.tuple(part, part, part).map((parts) => parts.join('.'));
    const signed = fc.json().map((body) => forge(header(), body));
    const odd = fc.dictionary(fc.constantFrom('sub', 'aud', 'iat', 'exp', 'nbf', 'token_id'), fc.jsonValue());
    const oddClaims = odd.map((more) => forge(header(), claims(more)));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), three, signed, oddClaims), async (jwt) => {
        try {
          await verifyIdentityToken(w.deps, jwt);
        } catch (error) {
          assert.ok(error instanceof CodedError && error.code.startsWith('identity_token_'), String(error));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('reads no token of more than 16 KiB', async () => {
    const jwt = forge(header(), claims({ padding: 'x'.repeat(16_384) }));
    await refused(jwt, 'identity_token_malformed', /the limit is 16384/);
  });

  it('refuses an empty subject', async () => {
    await refused(forge(header(), claims({ sub: '' })), 'identity_token_claims', /subject is empty/);
  });
});

describe('registry tokens', () => {
  const access = [{ type: 'repository', name: 'default/demo/build', actions: ['pull', 'push'] }] as const;
  const registryToken = async (principal = w.owner) =>
    (await issueRegistryToken(w.deps, principal, access)).jwt;

  it('bring back the principal and the access list, for five minutes', async () => {
    const verified = await verifyRegistryToken(w.deps, await registryToken());
    assert.deepEqual(verified, { principal: w.owner, access });
    const { exp = 0, iat = 0, aud } = decodeJwt(await registryToken());
    assert.equal(exp - iat, 300);
    assert.equal(aud, `${PUBLIC_URL}/v2`);
  });

  it('are no identity tokens, and the other way round (confused deputy)', async () => {
    await refused(await registryToken(), 'identity_token_type');
    await assert.rejects(verifyRegistryToken(w.deps, await issue()), { code: 'identity_token_type' });
  });

  it('are told apart by type alone, and by audience alone', async () => {
    const sign = (type: 'identity' | 'registry', audience: string) =>
      signToken(w.deps, {
        type: TOKEN_TYPE[type],
        subject: w.owner.tokenId,
        audience,
        lifetimeSeconds: 300,
        claims: { access, token_id: w.owner.tokenId },
      });
    const { jwt: typed } = await sign('registry', 'sigstore');
    await refused(typed, 'identity_token_type');
    const { jwt: meant } = await sign('identity', `${PUBLIC_URL}/v2`);
    await refused(meant, 'identity_token_audience');
    await assert.rejects(verifyRegistryToken(w.deps, meant), { code: 'identity_token_type' });
    await assert.rejects(verifyRegistryToken(w.deps, typed), { code: 'identity_token_audience' });
  });

  it('end with the API token that they came from', async () => {
    const { principal } = await w.token({});
    const jwt = await registryToken(principal);
    await verifyRegistryToken(w.deps, jwt);
    await revokeToken(w.deps, w.owner, { id: principal.tokenId });
    await assert.rejects(verifyRegistryToken(w.deps, jwt), { code: 'identity_token_revoked' });
  });
});
