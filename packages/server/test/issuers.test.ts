/** Issuers that organisations list: whose tokens get certificates, and what each of them can do to the others. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Client } from '@waybill/api/client';
import { generateEphemeralKey } from '@waybill/clients/keys';
import { certificateFor, timestampOf } from '@waybill/clients/sigstore';
import { isCoded, messageOf, Secret } from '@waybill/core';
import { formatBundle } from '@waybill/core/bundle';
import { toBase64, utf8 } from '@waybill/core/bytes';
import { spkiOf } from '@waybill/core/crypto';
import { IN_TOTO_PAYLOAD_TYPE, pae } from '@waybill/core/dsse';
import { formatRunStatement } from '@waybill/core/intoto';
import { parsePem, readFulcioExtensions, signerNameOf } from '@waybill/core/x509';
import {
  type FakeIssuer,
  fakeIssuer,
  startAttester,
  stringMaterial,
  type TestWorld,
  testWorld,
} from '@waybill/testkit';
import { sendTo } from './all-routes.ts';

let clockSkewMs = 0;
const now = () => new Date(Date.now() + clockSkewMs);

let world: TestWorld;
let issuer: FakeIssuer;
let stranger: Client;
const others: FakeIssuer[] = [];

before(async () => {
  world = await testWorld({ clock: now, issuerNetworks: ['loopback'] });
  issuer = await fakeIssuer({ now });
  stranger = (await world.stranger()).client;
  await world.owner.addIssuer({ url: issuer.url, kind: 'email' });
});
after(async () => {
  await Promise.all([issuer, ...others].map((one) => one.close()));
  await world.close();
});
afterEach(() => {
  issuer.down = false;
  issuer.discovery = undefined;
});

const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ALICE = { email: 'alice@example.com', email_verified: true };

interface Ask {
  readonly challenge?: string;
  readonly keys?: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly hash?: string | null;
}

interface Certified {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly reason: string;
  /** Of the certificate, when there is one. */
  readonly name: string;
  readonly issuer: string;
}

async function ask(
  jwt: string,
  { challenge = ALICE.email, keys = P256, hash = 'sha256' }: Ask = {},
): Promise<Certified> {
  const answer = await sendTo(world.url, {
    method: 'POST',
    path: '/api/v2/signingCert',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      credentials: { oidcIdentityToken: jwt },
      publicKeyRequest: {
        publicKey: { algorithm: '', content: toBase64(spkiOf(keys.publicKey)) },
        proofOfPossession: toBase64(sign(hash, utf8(challenge), keys.privateKey)),
      },
    }),
  });
  const body = JSON.parse(answer.body) as {
    code?: number;
    message?: string;
    details?: readonly { readonly reason: string }[];
    signedCertificateEmbeddedSct?: { chain: { certificates: readonly string[] } };
  };
  const [pem] = body.signedCertificateEmbeddedSct?.chain.certificates ?? [];
  const leaf = pem === undefined ? undefined : parsePem(pem)[0];
  return {
    status: answer.status,
    code: body.code ?? 0,
    message: body.message ?? '',
    reason: body.details?.[0]?.reason ?? '',
    name: leaf ? signerNameOf(leaf).value : '',
    issuer: leaf ? (readFulcioExtensions(leaf)?.issuer ?? '') : '',
  };
}

/** Closed with the world. */
async function anotherIssuer(): Promise<FakeIssuer> {
  const made = await fakeIssuer({ now });
  others.push(made);
  return made;
}

async function certificateOf(from: FakeIssuer) {
  const key = generateEphemeralKey();
  const identity = { jwt: new Secret(from.token(ALICE)), subject: 'subject-1' };
  return { key, der: await certificateFor({ url: world.url }, identity as never, key) };
}

/** A run whose attestation is signed with that certificate. */
async function attestAs({ key, der }: Awaited<ReturnType<typeof certificateOf>>): Promise<void> {
  const place = { project: 'p', workflow: 'w' };
  const attester = await startAttester({ client: world.owner, token: world.ownerToken, ...place });
  const payload = formatRunStatement(attester.predicate([stringMaterial('note', 'x')]));
  const signature = await key.sign(pae(IN_TOTO_PAYLOAD_TYPE, payload));
  const timestamps = [await timestampOf({ url: `${world.url}/api/v1/timestamp` }, signature)];
  const bundle = formatBundle({
    version: '0.3',
    content: {
      type: 'dsse',
      envelope: { payloadType: IN_TOTO_PAYLOAD_TYPE, payload, signatures: [{ signature, keyId: '' }] },
    },
    verificationMaterial: { type: 'certificate', der },
    tlogEntries: [],
    timestamps,
  });
  await world.owner.pushAttestation(attester.run.id, bundle);
}

const codeOf = (code: string) => (error: unknown) => isCoded(error, code) || assert.fail(messageOf(error));

describe('a listed issuer', () => {
  it('counts at once, and no more once it is removed', async () => {
    const other = await anotherIssuer();
    const jwt = other.token(ALICE);
    assert.equal((await ask(jwt)).reason, 'trust_issuer_unknown');
    await world.owner.addIssuer({ url: other.url, kind: 'email' });
    const { status, name, issuer: named } = await ask(jwt);
    assert.deepEqual([status, name, named], [200, ALICE.email, other.url]);
    await world.owner.removeIssuer(other.url);
    assert.equal((await ask(jwt)).reason, 'trust_issuer_unknown');
  });

  it('leaves its rows in the audit trail, and is seen by its organisation alone', async () => {
    assert.deepEqual(
      (await world.owner.listIssuers()).issuers.map(({ url, kind }) => [url, kind]),
      [[issuer.url, 'email']],
    );
    assert.deepEqual((await stranger.listIssuers()).issuers, []);
    await assert.rejects(stranger.removeIssuer(issuer.url), codeOf('trust_issuer_not_found'));
    const rows = await world.rows<{ action: string }>(
      `select action from ground_audit where target = $1 order by id`,
      [`issuer:${issuer.url}`],
    );
    assert.deepEqual(
      rows.map(({ action }) => action),
      ['trust.add-issuer'],
    );
  });

  it('stands in the configuration of Fulcio, beside the built-in one and no preset', async () => {
    const answer = await sendTo(world.url, { method: 'GET', path: '/api/v2/configuration' });
    const { issuers } = JSON.parse(answer.body) as {
      issuers: readonly { issuerUrl: string; issuerType: string }[];
    };
    assert.deepEqual(
      issuers.map(({ issuerUrl, issuerType }) => [issuerUrl, issuerType]),
      [
        [`${world.url}/oidc`, 'uri'],
        [issuer.url, 'email'],
      ],
    );
    const { presets } = await world.owner.listIssuerPresets();
    assert.ok(presets.some(({ url }) => url === 'https://token.actions.githubusercontent.com'));
  });

  it('takes its names from the kind: a job of a GitHub server is named below that server', async () => {
    const github = await anotherIssuer();
    await world.owner.addIssuer({ url: github.url, kind: 'github' });
    const said =
      'event_name sha workflow repository ref job_workflow_sha runner_environment repository_id repository_owner repository_owner_id workflow_ref workflow_sha run_id run_attempt repository_visibility'.split(
        ' ',
      );
    const claims = {
      ...Object.fromEntries(said.map((name) => [name, 'x'])),
      job_workflow_ref: 'o/r/.github/w.yml@refs/heads/main',
    };
    const own = await ask(github.token({ ...claims, url: 'https://github.com' }), { challenge: 'subject-1' });
    assert.deepEqual(
      [own.status, own.name],
      [200, `https://${new URL(github.url).host}/o/r/.github/w.yml@refs/heads/main`],
    );
  });
});

describe('an issuer that cannot be listed', () => {
  it('is refused with a reason', async () => {
    const refused: readonly (readonly [Parameters<Client['addIssuer']>[0], string])[] = [
      [{ url: 'https://token.actions.githubusercontent.com', kind: 'email' }, 'trust_issuer_invalid'],
      [
        {
          url: 'https://token.actions.githubusercontent.com/o',
          kind: 'uri',
          subjectDomain: 'https://token.actions.githubusercontent.com',
        },
        'trust_issuer_invalid',
      ],
      [{ url: `${world.url}/oidc`, kind: 'email' }, 'trust_issuer_invalid'],
      [{ url: `${world.url}/other`, kind: 'email' }, 'trust_issuer_invalid'],
      [{ url: 'https://*.example.com', kind: 'email' }, 'trust_issuer_invalid'],
      [{ url: 'https://a:b@example.com', kind: 'email' }, 'trust_issuer_invalid'],
      [{ url: 'HTTPS://example.com', kind: 'email' }, 'trust_issuer_invalid'],
      [{ url: 'ldap://example.com', kind: 'email' }, 'trust_issuer_invalid'],
      [{ url: 'https://a.example.com', kind: 'uri' }, 'trust_issuer_invalid'],
      [
        { url: 'https://a.example.com', kind: 'uri', subjectDomain: 'https://evil.org' },
        'trust_issuer_invalid',
      ],
      [{ url: 'https://a.example.com', kind: 'spiffe' }, 'trust_issuer_invalid'],
      [{ url: 'https://a.example.com', kind: 'circleci' }, 'trust_issuer_invalid'],
      [{ url: issuer.url, kind: 'email' }, 'trust_issuer_exists'],
    ];
    for (const [body, code] of refused)
      await assert.rejects(world.owner.addIssuer(body), codeOf(code), body.url);
    const viewer = await world.owner.createToken({ name: 'viewer', role: 'member' });
    await assert.rejects(
      world.as(new Secret(viewer.secret)).addIssuer({ url: 'https://b.example.com', kind: 'email' }),
      codeOf('identity_forbidden'),
    );
  });
});

describe('two organisations and one issuer', () => {
  it('agree in what its tokens name, or only the first has it', async () => {
    await assert.rejects(
      stranger.addIssuer({ url: issuer.url, kind: 'kubernetes' }),
      codeOf('trust_issuer_conflict'),
    );
    await stranger.addIssuer({ url: issuer.url, kind: 'email' });
    await stranger.removeIssuer(issuer.url);
    assert.equal((await ask(issuer.token(ALICE))).status, 200, 'what one removes, the other keeps');
  });

  it('sign for nobody who does not list it, and with nothing from before', async () => {
    const foreign = await anotherIssuer();
    await stranger.addIssuer({ url: foreign.url, kind: 'email' });
    const document =
      'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: foreign }\nspec:\n' +
      `  signers: [{ issuer: "${foreign.url}", subject: "*" }]\n`;
    await world.owner.applyContract({ document });
    await world.owner.createWorkflow({ project: 'p', name: 'w', contract: 'foreign' });
    const certified = await certificateOf(foreign);
    await assert.rejects(attestAs(certified), codeOf('attestation_signer_unverified'));
    clockSkewMs += 2000;
    await world.owner.addIssuer({ url: foreign.url, kind: 'email' });
    await assert.rejects(attestAs(certified), codeOf('attestation_signer_unverified'));
    await attestAs(await certificateOf(foreign));
  });

  it('at the same time give it one meaning', async () => {
    const url = 'https://both.example.com';
    const results = await Promise.allSettled([
      world.owner.addIssuer({ url, kind: 'email' }),
      stranger.addIssuer({ url, kind: 'kubernetes' }),
    ]);
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
    const kinds = await world.rows<{ kind: string }>(
      'select distinct kind from trust_issuers where issuer_url = $1',
      [url],
    );
    assert.equal(kinds.length, 1);
  });
});

describe('a token that is not valid', () => {
  const seconds = (offset: number): number => Math.floor(now().getTime() / 1000) + offset;

  it('is refused as Fulcio refuses, and names why', async () => {
    const stolen = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const none = issuer.token(ALICE, { alg: 'none' }).replace(/[^.]*$/, '');
    const tokens: Readonly<Record<string, string>> = {
      expired: issuer.token({ ...ALICE, exp: seconds(-1) }),
      'without expiry': issuer.token({ ...ALICE, exp: undefined }),
      'expiry as text': issuer.token({ ...ALICE, exp: String(seconds(600)) }),
      'nbf in the future': issuer.token({ ...ALICE, nbf: seconds(900) }),
      'another audience': issuer.token({ ...ALICE, aud: 'https://example.com' }),
      'no audience': issuer.token({ ...ALICE, aud: undefined }),
      'alg none': none,
      'alg None': issuer.token(ALICE, { alg: 'None' }),
      'HS256 with the public key': issuer.tokenByPublicKey(ALICE),
      'an algorithm the key is not for': issuer.token(ALICE, { alg: 'RS512' }),
      'a key that is not published': issuer.tokenBy(stolen, ALICE),
      'a key in its header': issuer.tokenBy(stolen, ALICE, { jwk: stolen.export({ format: 'jwk' }) }),
      crit: issuer.token(ALICE, { crit: ['x'], x: 1 }),
      'email not verified': issuer.token({ ...ALICE, email_verified: false }),
      'email_verified missing': issuer.token({ email: ALICE.email }),
      'no email': issuer.token({}),
      'two spellings of email': issuer.token({ ...ALICE, Email: 'bob@example.com' }),
      'no subject': issuer.token({ ...ALICE, sub: '' }),
      'no token at all': 'a.b',
      'a changed token': issuer
        .token(ALICE)
        .replace(/\.[^.]*\./, `.${Buffer.from(JSON.stringify({ iss: issuer.url })).toString('base64url')}.`),
    };
    for (const [name, jwt] of Object.entries(tokens)) {
      const { status, code, reason } = await ask(jwt);
      assert.deepEqual([status, code], [400, 3], name);
      assert.match(reason, /^trust_token_(?:refused|malformed|claims)$/, name);
    }
    assert.equal((await ask(issuer.token(ALICE))).status, 200);
  });

  it('with two keys of one name is refused, whichever a reader would take', async () => {
    const [header = '', , signature = ''] = issuer.token(ALICE).split('.');
    const claims = `{"iss":"${issuer.url}","iss":"${issuer.url}","aud":"sigstore"}`;
    const { reason } = await ask(`${header}.${Buffer.from(claims).toString('base64url')}.${signature}`);
    assert.equal(reason, 'trust_token_malformed');
  });
});

describe('the proof of possession', () => {
  it('may sign the e-mail address or the subject, and nothing else', async () => {
    const jwt = issuer.token(ALICE);
    assert.equal((await ask(jwt, { challenge: ALICE.email })).status, 200);
    assert.equal((await ask(jwt, { challenge: 'subject-1' })).status, 200);
    for (const challenge of ['', 'sigstore', 'bob@example.com', issuer.url]) {
      const { status, reason } = await ask(jwt, { challenge });
      assert.deepEqual([status, reason], [400, 'trust_possession_unproven'], challenge);
    }
  });

  it('is taken from the keys that Fulcio takes', async () => {
    const jwt = issuer.token(ALICE);
    const pairs: readonly (readonly [number, Ask])[] = [
      [200, { keys: generateKeyPairSync('ec', { namedCurve: 'P-384' }), hash: 'sha384' }],
      [200, { keys: generateKeyPairSync('ec', { namedCurve: 'P-521' }), hash: 'sha512' }],
      [200, { keys: generateKeyPairSync('ed25519'), hash: null }],
      [200, { keys: generateKeyPairSync('rsa', { modulusLength: 2048 }) }],
      [200, { keys: generateKeyPairSync('rsa', { modulusLength: 4096 }) }],
      [400, { keys: generateKeyPairSync('rsa', { modulusLength: 1024 }) }],
      [400, { keys: generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }) }],
      [400, { keys: generateKeyPairSync('ec', { namedCurve: 'prime192v1' }) }],
      [400, { keys: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }) }],
      [400, { keys: generateKeyPairSync('ed448'), hash: null }],
    ];
    for (const [status, sent] of pairs) {
      const { asymmetricKeyType, asymmetricKeyDetails } = (sent.keys ?? P256).publicKey;
      const answer = await ask(jwt, sent);
      assert.equal(
        answer.status,
        status,
        `${asymmetricKeyType} ${JSON.stringify(asymmetricKeyDetails, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}: ${answer.message}`,
      );
    }
  });
});

describe('the keys of an issuer', () => {
  const questions = (): number => issuer.asked.get('/keys') ?? 0;

  it('are asked for once, and again for a key that is new', async () => {
    await ask(issuer.token(ALICE));
    const before = questions();
    await ask(issuer.token(ALICE));
    assert.equal(questions(), before);
    clockSkewMs += 31_000;
    issuer.rotate();
    assert.equal((await ask(issuer.token(ALICE))).status, 200);
    assert.equal(questions(), before + 1);
  });

  it('are not asked for by a flood of unknown key ids', async () => {
    clockSkewMs += 31_000;
    const before = questions();
    const flood = Array.from({ length: 50 }, (_, index) =>
      ask(issuer.token(ALICE, { kid: `made-up-${index}` })),
    );
    for (const { reason } of await Promise.all(flood)) assert.equal(reason, 'trust_token_refused');
    assert.ok(questions() <= before + 1, `${questions() - before} questions`);
  });

  it('count on for a while when the issuer is down; then it is unreachable, and no token is called invalid', async () => {
    clockSkewMs += 11 * 60_000;
    issuer.down = true;
    assert.equal((await ask(issuer.token(ALICE))).status, 200);
    clockSkewMs += 60 * 60_000;
    const { status, code, reason, message } = await ask(issuer.token(ALICE));
    assert.deepEqual([status, code, reason], [503, 14, 'trust_issuer_unreachable'], message);
    const before = issuer.asked.get('/.well-known/openid-configuration') ?? 0;
    for (let index = 0; index < 10; index++) assert.equal((await ask(issuer.token(ALICE))).status, 503);
    assert.equal(
      issuer.asked.get('/.well-known/openid-configuration'),
      before,
      'it is left alone for a while',
    );
    issuer.down = false;
    clockSkewMs += 61_000;
    assert.equal((await ask(issuer.token(ALICE))).status, 200);
  });

  it('are taken from nobody who says to be another issuer', async () => {
    const liar = await anotherIssuer();
    await world.owner.addIssuer({ url: liar.url, kind: 'email' });
    liar.discovery = { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` };
    assert.equal((await ask(liar.token(ALICE))).reason, 'trust_issuer_unreachable');
    clockSkewMs += 61_000;
    // Whatever its documents lead to is under the same guard.
    liar.discovery = { issuer: liar.url, jwks_uri: 'http://169.254.169.254/latest' };
    const { reason, message } = await ask(liar.token(ALICE));
    assert.equal(reason, 'trust_issuer_unreachable');
    assert.match(message, /is not asked/);
  });
});
