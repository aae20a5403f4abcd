/** Pipelines that push by their CI system's own tokens, and what others could do with tokens that look like theirs. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Client } from '@waybill/api/client';
import { isCoded, Secret } from '@waybill/core';
import { parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import { parseStatement } from '@waybill/core/intoto';
import { type FakeIssuer, fakeIssuer, startAttester, type TestWorld, testWorld } from '@waybill/testkit';
import { DOCUMENT, sendTo } from './all-routes.ts';

const BUILD = { project: 'warehouse', workflow: 'build' };
const MAIN = 'repo:acme/app:ref:refs/heads/main';

let skewMs = 0;
const now = (): Date => new Date(Date.now() + skewMs);
let world: TestWorld;
let stranger: Client;
/** A public CI system, which serves everybody. */
let ci: FakeIssuer;
/** One that an attacker runs. */
let rogue: FakeIssuer;

before(async () => {
  world = await testWorld({ clock: now, issuerNetworks: ['loopback'] });
  stranger = (await world.stranger()).client;
  [ci, rogue] = await Promise.all([fakeIssuer({ now }), fakeIssuer({ now })]);
  for (const client of [world.owner, stranger]) {
    await client.applyContract({ document: DOCUMENT });
    await client.createWorkflow({ project: BUILD.project, name: BUILD.workflow, contract: 'release' });
  }
  await world.owner.addTrust(BUILD, {
    name: 'main',
    issuer: ci.url,
    subject: 'repo:acme/app:*',
    claims: { ref: 'refs/heads/main', environment: 'production' },
  });
});
after(async () => {
  await Promise.all([ci.close(), rogue.close()]);
  await world.close();
});
afterEach(() => {
  skewMs = 0;
  Object.assign(ci, { down: false, discovery: undefined });
});

/** What the pipeline's own token says. */
const genuine = (claims: object = {}): object => ({
  aud: `${world.url}/default`,
  sub: MAIN,
  ref: 'refs/heads/main',
  environment: 'production',
  ...claims,
});

interface Exchanged {
  readonly status: number;
  readonly access_token?: string;
  readonly issued_token_type?: string;
  readonly token_type?: string;
  readonly expires_in?: number;
  readonly error?: string;
  readonly error_description: string;
}

async function exchange(
  jwt: string,
  scope = 'workflow:default/warehouse/build',
  more: Readonly<Record<string, string>> = {},
): Promise<Exchanged> {
  const form = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: jwt,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    scope,
    ...more,
  };
  const { status, body } = await sendTo(world.url, {
    method: 'POST',
    path: '/oidc/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  return { status, ...(JSON.parse(body) as Omit<Exchanged, 'status'>) };
}

async function accessToken(): Promise<Secret<string>> {
  const answer = await exchange(ci.token(genuine()));
  assert.equal(answer.status, 200, answer.error_description);
  return new Secret(answer.access_token ?? '');
}

async function refused(jwt: string, reason: RegExp, scope?: string): Promise<string> {
  const answer = await exchange(jwt, scope);
  assert.equal(answer.access_token, undefined);
  assert.equal(answer.status, 400);
  assert.equal(answer.error, 'invalid_request');
  assert.match(answer.error_description, reason);
  return answer.error_description;
}

const NOT_ACCEPTED = /not accepted for the workflow/;

describe('a trusted pipeline', () => {
  it('exchanges its token for one of a quarter of an hour, by which it pushes a run and nothing else', async () => {
    const answer = await exchange(ci.token(genuine()));
    assert.deepEqual(
      [answer.status, answer.token_type, answer.issued_token_type, answer.expires_in],
      [200, 'Bearer', 'urn:ietf:params:oauth:token-type:access_token', 900],
    );
    const token = new Secret(answer.access_token ?? '');
    const client = world.as(token);
    const me = await client.me();
    assert.deepEqual([me.role, me.scope], ['robot', { type: 'workflow', ...BUILD }]);
    const run = await startAttester({ client, token, ...BUILD });
    const program = await run.record('program', 'ARTIFACT', utf8('a program'), true);
    const receipt = await client.pushAttestation(run.run.id, await run.sign(run.predicate([program])));
    assert.equal(receipt.result, 'PASSED');
    const question = { subject: { digest: digestOf(utf8('x')) }, context: { contract: 'release' } };
    await assert.rejects(client.ask(question), { code: 'identity_forbidden' });
    await assert.rejects(client.createToken({ name: 'x', role: 'robot' }), { code: 'identity_forbidden' });
  });

  it('reaches the registry by it, in the repository of its workflow', async () => {
    const token = await accessToken();
    const ask = async (repository: string): Promise<number> => {
      const path = `/v2/${repository}/tags/list`;
      const headers = { authorization: `Bearer ${token.reveal()}` };
      return (await sendTo(world.url, { method: 'GET', path, headers })).status;
    };
    assert.equal(await ask('default/warehouse/build/nothing'), 404);
    assert.equal(await ask('default/warehouse/release'), 403);
    assert.equal(await ask('other/warehouse/build'), 404);
  });

  it('shows when it was used last, and leaves a row for each exchange', async () => {
    await accessToken();
    const { trusts } = await world.owner.listTrusts(BUILD);
    assert.notEqual(trusts.find(({ name }) => name === 'main')?.lastUsedAt, undefined);
    const [row] = (await world.owner.listAudit({ action: 'identity.exchange-token' })).rows;
    assert.equal(row?.outcome, 'ok');
    assert.match(JSON.stringify(row), /repo:acme\/app:ref:refs\/heads\/main/);
  });

  it('ends with the trust that it came from, and with its quarter of an hour', async () => {
    await world.owner.addTrust(BUILD, { name: 'brief', issuer: rogue.url, subject: 'repo:acme/app:*' });
    const jwt = rogue.token({ aud: `${world.url}/default`, sub: MAIN });
    const token = new Secret((await exchange(jwt)).access_token ?? '');
    await world.as(token).me();
    await world.owner.removeTrust(BUILD, 'brief');
    await assert.rejects(world.as(token).me(), { code: 'identity_unauthenticated', message: /was revoked/ });
    await refused(jwt, NOT_ACCEPTED);
    const other = await accessToken();
    skewMs = 931_000;
    await assert.rejects(world.as(other).me(), { code: 'identity_unauthenticated', message: /expired/ });
  });
});

describe('what is known of a trusted job', () => {
  const COMMIT = 'c'.repeat(40);
  const OWN = 'acme/app/.github/workflows/release.yml@refs/heads/main';
  const CLAIMS = {
    aud: '',
    sub: 'repo:acme/proven:ref:refs/heads/main',
    repository: 'acme/app',
    repository_owner: 'acme',
    sha: COMMIT,
    ref: 'refs/heads/main',
    event_name: 'push',
    job_workflow_ref: OWN,
    workflow_ref: OWN,
    runner_environment: 'github-hosted',
    run_id: '7',
    run_attempt: '1',
  };
  before(() =>
    world.owner.addTrust(BUILD, {
      name: 'proven',
      issuer: ci.url,
      subject: 'repo:acme/proven:*',
      ci: 'github',
    }),
  );
  after(() => world.owner.removeTrust(BUILD, 'proven'));
  const job = async (claims: object = {}): Promise<Secret<string>> => {
    const jwt = ci.token({ ...CLAIMS, aud: `${world.url}/default`, ...claims });
    const answer = await exchange(jwt);
    assert.equal(answer.status, 200, answer.error_description);
    return new Secret(answer.access_token ?? '');
  };
  const run = async (startsBy: Secret<string>, pushesBy: Secret<string>) => {
    const attester = await startAttester({ client: world.as(startsBy), token: startsBy, ...BUILD });
    const program = await attester.record('program', 'ARTIFACT', utf8('a proven program'), true);
    const bundle = await attester.sign(attester.predicate([program]));
    return world.as(pushesBy).pushAttestation(attester.run.id, bundle);
  };

  it('is what its token says, in verdict and provenance, without a word of it in the access token', async () => {
    const token = await job();
    const [, payload = ''] = token.reveal().split('.');
    assert.doesNotMatch(Buffer.from(payload, 'base64url').toString(), /acme\/app|cccc/);
    const { result, build, runId } = await run(token, token);
    assert.deepEqual([result, build?.level, build?.runner], ['PASSED', 2, 'verified']);
    assert.match(build?.builder ?? '', /\/builders\/hosted$/);
    const proven = await statementOf(await world.owner.downloadProvenance(runId));
    const { host } = new URL(ci.url);
    assert.match(JSON.stringify(proven), new RegExp(`"git\\+https://${host}/acme/app@refs/heads/main"`));
    assert.match(JSON.stringify(proven), /acme\/app\/actions\/runs\/7\/attempts\/1/);
    const { verifiedLevels } = (await statementOf(await world.owner.downloadVerdict(runId))) as {
      verifiedLevels: string[];
    };
    assert.deepEqual(verifiedLevels, ['WAYBILL_CONTRACT_VERIFIED', 'SLSA_BUILD_LEVEL_2']);
  });

  it('is nothing where somebody else pushes, or where nobody says what CI system it is', async () => {
    const token = await job();
    const pushed = await run(token, world.ownerToken);
    assert.deepEqual([pushed.result, pushed.build?.level, pushed.build?.runner], ['PASSED', 1, 'stated']);
    const plain = await accessToken();
    assert.equal((await run(plain, plain)).build?.runner, 'stated');
  });

  it('is on a machine of the platform by the word of that platform only', async () => {
    const token = await job({ runner_environment: 'gitlab-hosted' });
    const { build } = await run(token, token);
    assert.deepEqual([build?.level, build?.runner], [1, 'verified']);
  });

  it('is one pipeline from the start to the push, or the run FAILED', async () => {
    const other = await job({ sha: 'd'.repeat(40), run_id: '8' });
    const { result, findings } = await run(await job({ run_attempt: '2' }), other);
    assert.equal(result, 'FAILED');
    assert.deepEqual(
      findings.map(({ code, message }) => `${code} ${message.split(' of ')[0]}`),
      [
        'claim_contradicted the claim sourceRepositoryDigest',
        'claim_contradicted the claim runInvocationUri',
      ],
    );
  });
});

async function statementOf(bundle: string): Promise<unknown> {
  const { content } = parseBundle(bundle);
  assert.ok(content.type === 'dsse');
  return parseStatement(content.envelope.payload).claimed.predicate;
}

describe('a token of another pipeline', () => {
  it('with a look-alike subject hears which claim, what was expected and what was found', async () => {
    for (const sub of [
      'repo:acme/app-evil:ref:refs/heads/main',
      'repo:acme-evil/app:ref:refs/heads/main',
      'repo:acme/App:ref:refs/heads/main',
      'repo:evil/x:repo:acme/app:ref:refs/heads/main',
      'repo:аcme/app:ref:refs/heads/main',
      'repo:acme/app:',
    ]) {
      const said = await refused(ci.token(genuine({ sub })), /genuine, but .* does not trust this pipeline/);
      assert.ok(said.includes(`claim sub: expected "repo:acme/app:*", found ${JSON.stringify(sub)}`), said);
    }
  });

  it('without the claims that are asked for hears each of them', async () => {
    const said = await refused(
      ci.token(genuine({ ref: 'refs/heads/evil', environment: undefined })),
      /does not trust this pipeline/,
    );
    assert.match(said, /claim ref: expected "refs\/heads\/main", found "refs\/heads\/evil"/);
    assert.match(said, /claim environment: expected "production", found nothing/);
    await refused(
      ci.token(genuine({ environment: ['production'] })),
      /environment: expected "production", found "\[/,
    );
    await refused(ci.token(genuine({ environment: { production: true } })), /claim environment/);
    const [row] = (await world.owner.listAudit({ action: 'identity.exchange-token', outcome: 'refused' }))
      .rows;
    assert.match(JSON.stringify(row), /"environment"/);
  });

  it('made by an issuer that is not trusted is worth nothing, whoever it says that it is of', async () => {
    await refused(rogue.token(genuine()), NOT_ACCEPTED);
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await refused(ci.tokenBy(privateKey, genuine()), NOT_ACCEPTED);
    await refused(rogue.token(genuine({ iss: ci.url })), NOT_ACCEPTED);
    await refused(rogue.token(genuine({ iss: `${ci.url}/` })), NOT_ACCEPTED);
  });
});

describe('a token of the pipeline itself', () => {
  it('for another place is refused, also when it is for us as well', async () => {
    for (const aud of ['sigstore', `${world.url}/other`, world.url, `${world.url}/default/`, undefined]) {
      await refused(ci.token(genuine({ aud })), /audience/);
    }
    await refused(ci.token(genuine({ aud: [`${world.url}/default`, 'elsewhere'] })), /several audiences/);
    assert.equal((await exchange(ci.token(genuine({ aud: [`${world.url}/default`] })))).status, 200);
  });

  it('of another time is refused', async () => {
    const seconds = Math.floor(now().getTime() / 1000);
    await refused(ci.token(genuine({ exp: seconds - 1 })), /expired/);
    await refused(ci.token(genuine({ exp: undefined })), /expired/);
    await refused(ci.token(genuine({ nbf: seconds + 3600 })), /not valid yet/);
  });

  it('signed in no way or by a public key as secret is refused', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const seconds = Math.floor(now().getTime() / 1000);
    const claims = part({ iss: ci.url, exp: seconds + 600, ...genuine() });
    await refused(`${part({ alg: 'none', typ: 'JWT' })}.${claims}.`, NOT_ACCEPTED);
    await refused(ci.tokenByPublicKey(genuine()), NOT_ACCEPTED);
    await refused(ci.token(genuine(), { crit: ['b64'], b64: false }), NOT_ACCEPTED);
  });

  it('is taken for no other workflow and no other organisation', async () => {
    const jwt = ci.token(genuine());
    await world.owner.createWorkflow({ project: 'warehouse', name: 'release', contract: 'release' });
    await refused(jwt, NOT_ACCEPTED, 'workflow:default/warehouse/release');
    // The other organisation trusts the very same pipeline, to have what it pushes.
    await stranger.addTrust(BUILD, { issuer: ci.url, subject: 'repo:acme/app:*' });
    await refused(jwt, /audience/, 'workflow:other/warehouse/build');
    await assert.rejects(
      stranger.addTrust(BUILD, { issuer: ci.url, subject: MAIN, audience: `${world.url}/default` }),
      { code: 'identity_trust_invalid', message: /only .*\/other is this organisation's/ },
    );
  });

  it('is a key to no door but the exchange', async () => {
    const jwt = new Secret(ci.token(genuine()));
    await assert.rejects(world.as(jwt).me(), { code: 'identity_unauthenticated' });
  });
});

describe('the exchange', () => {
  it('gives one answer for what is not there, what trusts nobody, and what nobody signed', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const forged = ci.tokenBy(privateKey, genuine());
    await world.owner.createWorkflow({ project: 'warehouse', name: 'lonely', contract: 'release' });
    const scopes = ['default/warehouse/build', 'default/warehouse/lonely', 'default/no/no', 'nobody/no/no'];
    const said = await Promise.all(
      scopes.map(async (name) => {
        const answer = await exchange(forged, `workflow:${name}`);
        const [organization = ''] = name.split('/');
        return answer.error_description.replaceAll(name, 'W').replaceAll(`${world.url}/${organization}`, 'A');
      }),
    );
    assert.equal(new Set(said).size, 1, said.join('\n'));
    assert.equal(
      await exchange('nonsense').then(({ error_description: text }) => NOT_ACCEPTED.test(text)),
      true,
    );
  });

  it('says that the issuer is away, which is no fault of the token', async () => {
    const quiet = await fakeIssuer({ now });
    await world.owner.addTrust(BUILD, { name: 'quiet', issuer: quiet.url, subject: MAIN });
    quiet.down = true;
    const jwt = quiet.token(genuine());
    const away = await exchange(jwt);
    assert.deepEqual([away.status, away.error], [503, 'temporarily_unavailable']);
    quiet.down = false;
    quiet.discovery = { issuer: ci.url, jwks_uri: `${ci.url}/keys` };
    skewMs = 120_000;
    assert.equal((await exchange(jwt)).status, 503);
    await quiet.close();
    await world.owner.removeTrust(BUILD, 'quiet');
  });

  it('wants a whole name, once, and nothing that would send the token elsewhere', async () => {
    const jwt = ci.token(genuine());
    for (const scope of [
      '',
      'workflow:warehouse/build',
      'workflow:a/b/c/d',
      'workflow:default/../x',
      'openid',
    ]) {
      assert.equal((await exchange(jwt, scope)).error, 'invalid_scope', scope);
    }
    for (const name of ['audience', 'resource', 'actor_token']) {
      assert.equal(
        (await exchange(jwt, undefined, { [name]: 'https://x.example' })).error,
        'invalid_request',
      );
    }
  });

  it('lets strangers with genuine tokens fill no audit trail', async () => {
    const count = async () => {
      const filter = { action: 'identity.exchange-token', outcome: 'refused', limit: 200 } as const;
      return (await world.owner.listAudit(filter)).rows.length;
    };
    const [before, startedAt] = [await count(), performance.now()];
    for (let n = 0; n < 40; n++) await exchange(ci.token(genuine({ sub: `repo:evil/app:${n}` })));
    const seconds = (performance.now() - startedAt) / 1000;
    assert.ok((await count()) - before <= 11 + seconds);
  });

  it('takes a token for nothing but what its type says, and tells nothing of it', async () => {
    const types = 'urn:ietf:params:oauth:token-type';
    const as = async (token: string, type: string) => {
      const answer = await exchange(token, undefined, { subject_token_type: `${types}:${type}` });
      assert.equal(answer.access_token, undefined, type);
      assert.ok(!JSON.stringify(answer).includes(token), type);
      return answer.error;
    };
    assert.equal(await as(ci.token(genuine()), 'access_token'), 'invalid_request');
    assert.equal(await as(world.ownerToken.reveal(), 'id_token'), 'invalid_request');
    assert.equal(await as(world.ownerToken.reveal(), 'jwt'), 'invalid_request');
    assert.equal(await as(ci.token(genuine()), 'saml2'), 'invalid_request');
  });

  it('gives the identity of its own workflow only', async () => {
    const token = (await accessToken()).reveal();
    const type = { subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
    const own = await exchange(token, 'workflow:warehouse/build', type);
    assert.equal(own.issued_token_type, 'urn:ietf:params:oauth:token-type:id_token');
    for (const scope of ['workflow:warehouse/release', 'project:warehouse']) {
      const { error, access_token: given } = await exchange(token, scope, type);
      assert.deepEqual([error, given], ['invalid_scope', undefined], scope);
    }
  });

  it('gives tokens that are no identity tokens, and takes none of ours in their place', async () => {
    const token = await accessToken();
    const asIdentity = await sendTo(world.url, {
      method: 'POST',
      path: '/api/v2/signingCert',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ credentials: { oidcIdentityToken: token.reveal() } }),
    });
    assert.equal(asIdentity.status, 400);
    await refused(token.reveal(), NOT_ACCEPTED);
  });
});

describe('/waybill/v1/workflows/:project/:name/trusts', () => {
  const add = (rule: Partial<Parameters<Client['addTrust']>[1]>) =>
    world.owner.addTrust(BUILD, { issuer: ci.url, subject: MAIN, ...rule });

  it('refuses what would trust more than was meant', async () => {
    for (const [rule, reason] of [
      [{ subject: 'repo:*' }, /two parts must stand before/],
      [{ subject: '*', claims: { ref: 'refs/heads/main' } }, /two parts must stand before/],
      [{ subject: 'repo:acme/app*' }, /look-alike/],
      [{ subject: 'repo:аcme/app:*' }, /U\+0430/],
      [{ issuer: `${world.url}/oidc` }, /tokens of this server itself/],
      [{ issuer: 'https://*.example.com' }, /issuer: expected the URL/],
      [{ issuer: 'HTTPS://Example.com' }, /issuer: expected the URL/],
      [{ claims: { aud: 'x' } }, /no claim that can be asked for/],
      [{ claims: { environment: 'prod*' } }, /claim environment/],
      [{ audience: `${world.url}/other` }, /only .*\/default is this organisation's/],
    ] as const) {
      await assert.rejects(
        add(rule),
        (error) => isCoded(error, 'identity_trust_invalid') && reason.test(error.message),
      );
    }
  });

  it('is for admins of the workflow, and for workflows that are there', async () => {
    const member = await world.owner.createToken({ name: 'member', role: 'member' });
    const client = world.as(new Secret(member.secret));
    const rule = { issuer: ci.url, subject: MAIN };
    await assert.rejects(client.addTrust(BUILD, rule), { code: 'identity_forbidden' });
    await assert.rejects(client.listTrusts(BUILD), { code: 'identity_forbidden' });
    const nowhere = { project: 'warehouse', workflow: 'biuld' };
    await assert.rejects(world.owner.addTrust(nowhere, rule), { code: 'contract_workflow_not_found' });
    await assert.rejects(world.owner.removeTrust(BUILD, 'nobody'), { code: 'identity_trust_not_found' });
  });

  it('keeps apart from robot accounts: none is rotated into a secret', async () => {
    await assert.rejects(world.owner.rotateRobotAccount(BUILD, 'main'), { code: 'identity_token_not_found' });
    assert.deepEqual((await world.owner.listRobotAccounts(BUILD)).tokens, []);
  });

  it('holds twenty at most', async () => {
    const many = { project: 'warehouse', workflow: 'many' };
    await world.owner.createWorkflow({ project: many.project, name: many.workflow, contract: 'release' });
    for (let n = 0; n < 20; n++) await world.owner.addTrust(many, { issuer: ci.url, subject: `${MAIN}${n}` });
    await assert.rejects(world.owner.addTrust(many, { issuer: ci.url, subject: MAIN }), {
      message: /20 pipelines/,
    });
  });
});
