import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate as NodeCertificate,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot as SigstoreRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { CodedError, isCoded } from '@waybill/core';
import { formatBundle } from '@waybill/core/bundle';
import { sha256 } from '@waybill/core/crypto';
import { pae } from '@waybill/core/dsse';
import { formatTrustedRoot } from '@waybill/core/trust';
import {
  ctMerkleTreeLeaf,
  formatPem,
  parseCertificate,
  parsePem,
  parseSctList,
  parseTimestamp,
  precertificateTbs,
  readFulcioExtensions,
  verifyChain,
  verifySct,
  verifyTimestamp,
} from '@waybill/core/x509';
import { requirePeer, type TempDir, type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import { SignJWT } from 'jose';
import pg from 'pg';
import {
  type App,
  type BlobDriver,
  createEgress,
  createHttp,
  createLog,
  createMetrics,
  createSeal,
  openFileSystem,
} from '../ground/index.ts';
import {
  authenticate,
  bootstrap,
  type IdentityDeps,
  issueIdentityToken,
  openIdentity,
  verifyIdentityToken,
} from '../identity/index.ts';
import { openTlog, type Tlog, tlogMetrics } from '../tlog/index.ts';
import { openTrust, TRUST_PROBLEMS, type Trust, trustMetrics, trustRoutes } from './index.ts';
import { operatorIssuers } from './issuers/operator-issuers.ts';

const PUBLIC_URL = 'http://waybill.example.com:7070';
const ISSUER = `${PUBLIC_URL}/oidc`;
const MASTER_KEY = randomBytes(32);
const log = createLog('silent');
const openssl = requirePeer('openssl');

let now = new Date('2026-03-01T12:00:00.250Z');
const clock = () => now;
const minutes = (count: number) => new Date(now.getTime() + count * 60_000);

/** What speaks against the clock. */
let doubt: string | null = null;

/** The disk under the logs can be broken for a while. */
let diskBroken = false;
function breakable(driver: BlobDriver): BlobDriver {
  const whole = () => {
    if (diskBroken) throw new CodedError('blob_unavailable', 'the disk is broken');
  };
  return {
    put: async (...args) => (whole(), driver.put(...args)),
    replace: async (...args) => (whole(), driver.replace(...args)),
    open: (...args) => driver.open(...args),
    read: (key) => driver.read(key),
    stat: (key) => driver.stat(key),
    delete: (key) => driver.delete(key),
    append: (...args) => driver.append(...args),
    rename: (...args) => driver.rename(...args),
    async *list() {},
    ping: () => driver.ping(),
  };
}

let folder: TempDir;
let tlog: Tlog;
let database: TestDatabase;
/** Of another installation. */
let otherDatabase: TestDatabase;
let identity: IdentityDeps;
let trust: Trust;
let app: App;
let jwt: string;

const opened: Trust[] = [];

const open = async (masterKey: Uint8Array = MASTER_KEY, db = database.db) => {
  const trust = await openTrust({
    db,
    seal: createSeal(masterKey),
    clock,
    clockDoubt: (time) => doubt && `${doubt} at ${time.getTime()}`,
    log,
    metrics: trustMetrics(createMetrics()),
    publicUrl: PUBLIC_URL,
    issuerUrl: ISSUER,
    tlog,
    verifyIdentityToken: (token) => verifyIdentityToken(identity, token),
    egress: createEgress({ allow: [] }),
    operatorIssuers: operatorIssuers(null),
    caKey: 'p256',
    randomBytes,
  });
  opened.push(trust);
  return trust;
};

const openStranger = () => open(MASTER_KEY, otherDatabase.db);

before(async () => {
  [database, otherDatabase] = await Promise.all([testDatabase(), testDatabase()]);
  const seal = createSeal(MASTER_KEY);
  identity = await openIdentity({ db: database.db, clock, seal, log, publicUrl: PUBLIC_URL });
  const { ownerToken } = await bootstrap({ db: database.db, clock });
  const principal = await authenticate(identity, `Bearer ${ownerToken?.reveal()}`);
  const target = { project: 'demo', workflow: 'build' };
  jwt = (await issueIdentityToken(identity, principal, { audience: 'sigstore', target })).jwt;
  folder = await tempDir();
  const blobs = breakable(await openFileSystem({ root: folder.path }));
  tlog = await openTlog({
    db: database.db,
    blobs,
    seal,
    clock,
    log,
    metrics: tlogMetrics(createMetrics()),
    publicUrl: PUBLIC_URL,
    instanceId: 'test',
    place: null,
    highWater: null,
  });
  trust = await open();
  app = createHttp({
    log,
    problems: TRUST_PROBLEMS,
    version: '0',
    publicUrl: PUBLIC_URL,
    ready: async () => [],
  });
  await app.register(trustRoutes(trust));
});

after(async () => {
  await app.close();
  await Promise.all(opened.map((trust) => trust.close()));
  await tlog.close();
  await Promise.all([database.close(), otherDatabase.close(), folder.remove()]);
});

/** Entries in the CT log. */
async function ctSize(): Promise<number> {
  const [, size] = (await tlog.published('ct').head()).checkpoint.split('\n');
  return Number(size);
}

const SUBJECT = 'default/demo/build';
const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }).toString();
const prove = (key: KeyObject, challenge = SUBJECT, hash: string | null = 'sha256') =>
  sign(hash, Buffer.from(challenge), key).toString('base64');

function requestFor(keys: { publicKey: KeyObject; privateKey: KeyObject }, proof = prove(keys.privateKey)) {
  return {
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: pemOf(keys.publicKey) },
      proofOfPossession: proof,
    },
  };
}

async function post(body: unknown, token: string | null = jwt) {
  const response = await app.inject({
    method: 'POST',
    url: '/api/v2/signingCert',
    headers: {
      'content-type': 'application/json',
      accept: 'application/pem-certificate-chain',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.statusCode, type: response.headers['content-type'], body: response.json() };
}

/** The refusal's stable code; fails when a certificate came out. */
async function refusal(body: unknown, token: string | null = jwt, status = 400): Promise<string> {
  const before = await ctSize();
  const answer = await post(body, token);
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.match(String(answer.type), /^application\/json\b/);
  assert.equal(typeof answer.body.code, 'number');
  assert.equal(typeof answer.body.message, 'string');
  assert.equal(await ctSize(), before);
  return answer.body.details[0].reason;
}

function chainOf(body: { signedCertificateEmbeddedSct: { chain: { certificates: string[] } } }) {
  return body.signedCertificateEmbeddedSct.chain.certificates.map((pem) => {
    const [certificate] = parsePem(pem);
    assert.ok(certificate);
    return certificate;
  });
}

/** A token signed with the issuer's own key, with claims as given. */
async function forge(claims: Record<string, unknown>): Promise<string> {
  const [, payload = ''] = jwt.split('.');
  const genuine = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return new SignJWT({ ...genuine, ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: identity.issuer.signingKey.kid })
    .sign(identity.issuer.signingKey.privateKey);
}

describe('POST /api/v2/signingCert', () => {
  it('issues a certificate for the token, that chains to the trusted root', async () => {
    const keys = p256();
    const answer = await post(requestFor(keys));
    assert.equal(answer.status, 200);
    assert.match(String(answer.type), /^application\/json\b/);
    const [leaf, intermediate, root] = chainOf(answer.body);
    assert.ok(leaf && intermediate && root);
    assert.equal(leaf.publicKey.equals(keys.publicKey), true);
    assert.deepEqual(leaf.subjectAlternativeNames, [{ type: 'uri', value: `${ISSUER}/${SUBJECT}` }]);
    assert.deepEqual(readFulcioExtensions(leaf), { issuer: ISSUER, tokenSubject: SUBJECT });
    assert.equal(leaf.notAfter.getTime() - leaf.notBefore.getTime(), 600_000);
    verifyChain(leaf, [intermediate], [root], { at: now, requiredEku: '1.3.6.1.5.5.7.3.3' });
    assert.deepEqual(trust.trustedRoot().certificateAuthorities[0]?.certificates[1]?.der, root.der);
  });

  it('embeds one SCT whose entry is in the CT log', async () => {
    const [leaf, intermediate] = chainOf((await post(requestFor(p256()))).body);
    assert.ok(leaf && intermediate);
    const [sct, ...others] = parseSctList(leaf);
    const [ctlog] = trust.trustedRoot().ctlogs;
    assert.ok(sct && ctlog);
    assert.deepEqual(others, []);
    assert.deepEqual(Buffer.from(sct.logId), Buffer.from(ctlog.logId));
    assert.equal(verifySct(sct, leaf, intermediate, ctlog.publicKey), true);
    const { canonicalizedBody: entry } = await tlog.published('ct').receiptAt((await ctSize()) - 1);
    const timestampMs = now.getTime();
    const tbs = precertificateTbs(leaf);
    const expected = ctMerkleTreeLeaf({ timestampMs, issuerPublicKey: intermediate.publicKey, tbs });
    assert.deepEqual(Buffer.from(entry), Buffer.from(expected));
    const [found] = await tlog
      .published('ct')
      .search({ facts: { signer: `${ISSUER}/${SUBJECT}` }, limit: 1 });
    assert.equal(found?.logIndex, (await ctSize()) - 1);
  });

  it('takes the token from the body, keys as DER, snake case, and every key type of the profile', async () => {
    const kinds = [
      { keys: p256(), hash: 'sha256' },
      { keys: generateKeyPairSync('ec', { namedCurve: 'P-384' }), hash: 'sha384' },
      { keys: generateKeyPairSync('ec', { namedCurve: 'P-521' }), hash: 'sha512' },
      { keys: generateKeyPairSync('rsa', { modulusLength: 2048 }), hash: 'sha256' },
      { keys: generateKeyPairSync('ed25519'), hash: null },
    ];
    for (const { keys, hash } of kinds) {
      const content = keys.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
      const body = {
        credentials: { oidc_identity_token: jwt },
        public_key_request: {
          public_key: { content },
          proof_of_possession: prove(keys.privateKey, SUBJECT, hash),
        },
      };
      const answer = await post(body, null);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    }
  });

  it('takes a certificate signing request, of which only the key counts', {
    skip: openssl.skip,
  }, async () => {
    await using folder = await tempDir();
    const keys = p256();
    writeFileSync(`${folder.path}/key.pem`, keys.privateKey.export({ format: 'pem', type: 'pkcs8' }));
    const csr = execFileSync(
      openssl.path ?? '',
      ['req', '-new', '-key', `${folder.path}/key.pem`, '-subj', '/CN=root of all'],
      { stdio: 'pipe' },
    );
    const [leaf] = chainOf((await post({ certificateSigningRequest: csr.toString('base64') })).body);
    assert.equal(leaf?.subjectText, '');
    assert.equal(leaf?.publicKey.equals(keys.publicKey), true);
  });

  it('gives no certificate when the CT log does not take the entry', async () => {
    diskBroken = true;
    assert.equal(await refusal(requestFor(p256()), jwt, 503), 'trust_ct_unavailable');
    diskBroken = false;
    assert.equal((await post(requestFor(p256()))).status, 200);
  });

  it('refuses a proof of possession by another key', async () => {
    const proof = prove(p256().privateKey);
    assert.equal(await refusal(requestFor(p256(), proof)), 'trust_possession_unproven');
  });

  it('refuses a proof of possession over the subject of somebody else', async () => {
    const keys = p256();
    const proof = prove(keys.privateKey, 'default/demo/release');
    assert.equal(await refusal(requestFor(keys, proof)), 'trust_possession_unproven');
    assert.equal(await refusal(requestFor(keys, '')), 'trust_request_invalid');
  });

  it('accepts a proof over a verified e-mail address only', async () => {
    const keys = p256();
    const proof = prove(keys.privateKey, 'dev@example.com');
    const claims = { email: 'dev@example.com' };
    const verified = await forge({ ...claims, email_verified: true });
    assert.equal((await post(requestFor(keys, proof), verified)).status, 200);
    for (const email_verified of [false, 'true', undefined]) {
      const token = await forge({ ...claims, email_verified });
      assert.equal(await refusal(requestFor(keys, proof), token), 'trust_possession_unproven');
    }
  });

  it('refuses tokens that are expired, for another audience, foreign, changed or unsigned', async () => {
    const keys = p256();
    const [header = '', payload = '', signature = ''] = jwt.split('.');
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    const past = Math.floor(now.getTime() / 1000) - 3600;
    const cases: readonly (readonly [string, string])[] = [
      ['identity_token_algorithm', `${none}.${payload}.`],
      ['identity_token_expired', await forge({ exp: past, iat: past - 600, nbf: past - 600 })],
      ['identity_token_audience', await forge({ aud: 'kubernetes' })],
      ['trust_issuer_unknown', await forge({ iss: 'https://token.actions.githubusercontent.com' })],
      [
        'identity_token_signature',
        `${header}.${payload}.${Buffer.from(signature, 'base64url').reverse().toString('base64url')}`,
      ],
      ['trust_token_malformed', 'no token'.replace(' ', '')],
    ];
    for (const [code, token] of cases) assert.equal(await refusal(requestFor(keys), token), code);
  });

  it('refuses requests without a token or with two', async () => {
    assert.equal(await refusal(requestFor(p256()), null), 'trust_token_missing');
    const body = { ...requestFor(p256()), credentials: { oidcIdentityToken: 'another' } };
    assert.equal(await refusal(body), 'trust_request_invalid');
  });

  it('refuses subjects that are not organisation/project/workflow', async () => {
    for (const sub of ['default/../verifier', 'default//build', 'a/b/c/d', 'ä', '.']) {
      const keys = p256();
      const token = await forge({ sub });
      assert.equal(
        await refusal(requestFor(keys, prove(keys.privateKey, sub)), token),
        'trust_token_subject',
        sub,
      );
    }
  });

  it('refuses keys that are weak or of an unknown kind, and private keys', async () => {
    const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const odd = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 });
    for (const keys of [secp256k1, small, odd])
      assert.equal(await refusal(requestFor(keys)), 'trust_key_refused');
    const leaked = p256().privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const body = { publicKeyRequest: { publicKey: { content: leaked }, proofOfPossession: 'AAAA' } };
    assert.equal(await refusal(body), 'x509_pem');
  });

  it('answers malformed bodies in the shape of grpc-gateway', async () => {
    const bodies = [
      '',
      '{',
      '[]',
      '{"a":1,"a":2}',
      { publicKeyRequest: {} },
      { certificateSigningRequest: 'AAAA' },
    ];
    for (const body of bodies) assert.match(await refusal(body), /^(trust_request_invalid|x509_der)$/);
    const large = await post('x'.repeat(200_000));
    assert.equal(large.status, 413);
    assert.equal(large.body.details[0].reason, 'request_too_large');
  });
});

describe('GET /api/v2/trustBundle, /api/v2/configuration', () => {
  it('show the chain and the built-in issuer', async () => {
    const bundle = (await app.inject('/api/v2/trustBundle')).json();
    assert.deepEqual(
      bundle.chains[0].certificates,
      trust.certificateChain.map((der) => formatPem('CERTIFICATE', der)),
    );
    const { issuers } = (await app.inject('/api/v2/configuration')).json();
    assert.deepEqual(
      [issuers[0].issuerUrl, issuers[0].audience, issuers[0].challengeClaim],
      [ISSUER, 'sigstore', 'sub'],
    );
  });
});

describe('POST /api/v1/timestamp', () => {
  const artifact = Buffer.from('artifact');
  const artifactHash = createHash('sha256').update(artifact).digest('base64');
  const ask = (payload: Buffer | string, type: string) =>
    app.inject({ method: 'POST', url: '/api/v1/timestamp', headers: { 'content-type': type }, payload });
  const chain = () => ({ certificates: trust.timestampChain.map((der) => parseCertificate(der)) });

  it('dates a hash, asked in JSON or DER', async () => {
    const json = await ask(
      JSON.stringify({ artifactHash, hashAlgorithm: 'sha256', nonce: 5 }),
      'application/json',
    );
    assert.equal(json.statusCode, 200);
    assert.equal(json.headers['content-type'], 'application/timestamp-reply');
    const timestamp = parseTimestamp(json.rawPayload);
    assert.equal(timestamp.nonce, '05');
    assert.equal(verifyTimestamp(timestamp, artifact, chain()).toISOString(), '2026-03-01T12:00:00.000Z');
    const query = Buffer.from(
      `30390201013031300d060960864801650304020105000420${Buffer.from(artifactHash, 'base64').toString('hex')}0101ff`,
      'hex',
    );
    const der = await ask(query, 'application/timestamp-query');
    assert.equal(der.statusCode, 200, der.payload);
    const second = parseTimestamp(der.rawPayload);
    verifyTimestamp(second, artifact, chain());
    assert.equal(second.certificates.length, 1);
    assert.notEqual(second.serialNumber, timestamp.serialNumber);
  });

  it('answers bad requests with {code, message}', async () => {
    for (const [payload, type] of [
      ['{}', 'application/json'],
      ['nonsense', 'application/timestamp-query'],
      [JSON.stringify({ artifactHash, hashAlgorithm: 'sha256', tsaPolicyOID: '1.2.3' }), 'application/json'],
    ] as const) {
      const answer = await ask(payload, type);
      assert.equal(answer.statusCode, 400);
      assert.deepEqual(Object.keys(answer.json()), ['code', 'message']);
    }
  });

  it('publishes its chain, leaf first', async () => {
    const certificates = parsePem((await app.inject('/api/v1/timestamp/certchain')).payload);
    assert.deepEqual(
      certificates.map(({ isCa }) => isCa),
      [false, true],
    );
  });
});

describe('what no route can read', () => {
  it('is the fault of the request, not of the server', async () => {
    const requests = [
      { method: 'GET', url: '/api/v2/trustBundle?%00', expected: 400 },
      { method: 'GET', url: '/api/v1/timestamp/certchain?%00', expected: 400 },
      { method: 'POST', url: '/api/v2/signingCert', type: 'x', expected: 415 },
      { method: 'POST', url: '/api/v1/timestamp', type: '///', expected: 415 },
    ] as const;
    for (const { expected, ...request } of requests) {
      const { method, url } = request;
      const posted = 'type' in request ? { headers: { 'content-type': request.type }, payload: 'abc' } : {};
      const answer = await app.inject({ method, url, ...posted });
      assert.equal(answer.statusCode, expected, `${url}: ${answer.body}`);
    }
  });
});

describe('signAsServer', () => {
  const statement = Buffer.from(JSON.stringify({ _type: 'https://in-toto.io/Statement/v1', subject: [] }));

  it('makes a bundle that @sigstore/verify accepts under the published trusted root', async () => {
    const { bundle } = await trust.signAsServer(statement);
    const root = (await app.inject('/waybill/v1/trust/trusted-root')).json();
    assert.deepEqual(root, JSON.parse(formatTrustedRoot(trust.trustedRoot())));
    const material = toTrustMaterial(SigstoreRoot.fromJSON(root));
    const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 1, timestampThreshold: 1 });
    const theirs = bundleFromJSON(JSON.parse(formatBundle(bundle)));
    const signer = verifier.verify(toSignedEntity(theirs), {
      subjectAlternativeName: `${PUBLIC_URL}/verifier`,
      extensions: { issuer: ISSUER },
    });
    assert.equal(signer.identity?.subjectAlternativeName, trust.serverIdentity);
  });

  it('uses one certificate until half its life has passed, also for callers at the same time', async () => {
    const certificateOf = async () => {
      const { certificate } = await trust.signAsServer(statement);
      return Buffer.from(certificate.der).toString('hex');
    };
    const start = now;
    now = minutes(11);
    const before = await ctSize();
    const [first, second] = await Promise.all([certificateOf(), certificateOf()]);
    assert.equal(first, second);
    assert.equal(await ctSize(), before + 1);
    now = minutes(4.9);
    assert.equal(await certificateOf(), first);
    now = minutes(0.2);
    const third = await certificateOf();
    assert.notEqual(third, first);
    now = minutes(-1);
    assert.notEqual(await certificateOf(), third);
    now = start;
  });

  it('does not sign while the CT log is down, and signs again when it is back', async () => {
    const fresh = await open();
    diskBroken = true;
    await assert.rejects(fresh.signAsServer(statement), (error) => isCoded(error, 'trust_ct_unavailable'));
    diskBroken = false;
    const { bundle } = await fresh.signAsServer(statement);
    assert.equal(bundle.content.type, 'dsse');
    if (bundle.content.type !== 'dsse' || bundle.verificationMaterial.type !== 'certificate') return;
    const key = new NodeCertificate(bundle.verificationMaterial.der).publicKey;
    const [signature] = bundle.content.envelope.signatures;
    assert.equal(
      verify(
        'sha256',
        pae('application/vnd.in-toto+json', statement),
        key,
        signature?.signature ?? Buffer.of(),
      ),
      true,
    );
  });
});

describe('openTrust', () => {
  it('finds on the second start what the first one made', async () => {
    const again = await open();
    assert.deepEqual(again.certificateChain, trust.certificateChain);
    assert.deepEqual(again.timestampChain, trust.timestampChain);
    assert.deepEqual(again.trustedRoot(), trust.trustedRoot());
  });

  it('makes one set of authorities when several processes start at once', async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: 4 }, openStranger));
    for (const next of others) assert.deepEqual(next.trustedRoot(), first?.trustedRoot());
    assert.notDeepEqual(first?.trustedRoot(), trust.trustedRoot());
  });

  it('refuses to start under another master key', async () => {
    await assert.rejects(open(randomBytes(32)), (error) => isCoded(error, 'trust_authority_unreadable'));
  });

  it('refuses to start on an authority that was changed in the database', async () => {
    const client = new pg.Client(database.connection);
    await client.connect();
    try {
      const stranger = await openStranger();
      const { rows } = await client.query(
        "select id, chain from trust_authorities where kind = 'certificate-authority'",
      );
      const setChain = (chain: readonly Uint8Array[]) =>
        client.query('update trust_authorities set chain = $1 where id = $2', [chain, rows[0].id]);
      await setChain([trust.certificateChain[0] ?? Buffer.of(), stranger.certificateChain[1] ?? Buffer.of()]);
      await assert.rejects(open(), (error) => isCoded(error, 'trust_authority_unreadable'));
      await setChain(rows[0].chain);
      await open();
    } finally {
      await client.end();
    }
  });

  it('refuses an expired authority instead of issuing beyond its life', async () => {
    const start = now;
    now = new Date('2031-03-01T12:00:01Z');
    const order = {
      key: p256().publicKey,
      identity: { type: 'uri', value: 'https://example.com/x' },
      extensions: { issuer: ISSUER },
    } as const;
    await assert.rejects(trust.issueCertificate(order), (error) => isCoded(error, 'trust_authority_expired'));
    await assert.rejects(trust.timestamp(sha256(new Uint8Array())), (error) =>
      isCoded(error, 'trust_authority_expired'),
    );
    now = start;
  });

  it('refuses to sign before its authorities began, and leaves no entry in the CT log', async () => {
    const start = now;
    const size = async () => (await tlog.published('ct').head()).size;
    const before = await size();
    now = new Date(start.getTime() - 24 * 60 * 60 * 1000);
    const order = {
      key: p256().publicKey,
      identity: { type: 'uri', value: 'https://example.com/x' },
      extensions: { issuer: ISSUER },
    } as const;
    await assert.rejects(trust.issueCertificate(order), (error) => isCoded(error, 'trust_clock_behind'));
    await assert.rejects(trust.timestamp(sha256(new Uint8Array())), (error) =>
      isCoded(error, 'trust_clock_behind'),
    );
    assert.equal(await size(), before);
    now = start;
  });
});

describe('while the clock is in doubt', () => {
  before(() => {
    doubt = 'somebody set the clock';
  });
  after(() => {
    doubt = null;
  });

  it('issues no certificate and no timestamp, and says so as its upstreams do', async () => {
    const reason = /somebody set the clock at \d+.*see to the clock/;
    const before = await ctSize();
    const { status, body } = await post(requestFor(p256()));
    assert.equal(status, 503);
    assert.deepEqual([body.code, body.details[0].reason], [14, 'trust_clock_doubted']);
    assert.match(body.message, reason);
    const timestamp = await app.inject({
      method: 'POST',
      url: '/api/v1/timestamp',
      headers: { 'content-type': 'application/json' },
      payload: {
        artifactHash: createHash('sha256').update('x').digest('base64'),
        hashAlgorithm: 'sha256',
      },
    });
    assert.equal(timestamp.statusCode, 503);
    assert.deepEqual(Object.keys(timestamp.json()), ['code', 'message']);
    assert.equal(timestamp.json().code, 503);
    assert.match(timestamp.json().message, reason);
    assert.equal(await ctSize(), before);
  });

  it('does not sign as the server, and still publishes what others verify with', async () => {
    await assert.rejects(trust.signAsServer(new TextEncoder().encode('{}')), (error) =>
      isCoded(error, 'trust_clock_doubted'),
    );
    for (const url of [
      '/api/v2/trustBundle',
      '/api/v1/timestamp/certchain',
      '/waybill/v1/trust/trusted-root',
    ])
      assert.equal((await app.inject(url)).statusCode, 200, url);
  });
});

describe('GET /waybill/v1/trust/signing-config', () => {
  it('names the services with their whole path where clients want it', async () => {
    const config = (await app.inject('/waybill/v1/trust/signing-config')).json();
    assert.equal(config.mediaType, 'application/vnd.dev.sigstore.signingconfig.v0.2+json');
    assert.equal(config.caUrls[0].url, PUBLIC_URL);
    assert.equal(config.rekorTlogUrls[0].majorApiVersion, 2);
    assert.equal(config.tsaUrls[0].url, `${PUBLIC_URL}/api/v1/timestamp`);
  });
});
