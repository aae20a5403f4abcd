/** What a stranger may send to the public log, and what it must not do to the entries of others. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { toBase64, utf8 } from '@waybill/core/bytes';
import { sha256, spkiOf } from '@waybill/core/crypto';
import {
  buildRootCertificate,
  buildSigningTbs,
  issuerFrom,
  type SanIdentity,
  serialFrom,
  signCertificate,
} from '@waybill/core/x509';
import { type TempDir, type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import {
  type App,
  createHttp,
  createLog,
  createMetrics,
  createSeal,
  openFileSystem,
  openThreads,
} from '../ground/index.ts';
import type { TlogTasks } from './check-request.ts';
import { openTlog, TLOG_PROBLEMS, type Tlog, tlogMetrics, tlogRoutes } from './index.ts';

let database: TestDatabase;
let directory: TempDir;
let tlog: Tlog;
let app: App;

const checks = openThreads<TlogTasks>({
  module: new URL('./check-request.ts', import.meta.url),
  log: createLog('silent'),
});

before(async () => {
  [database, directory] = [await testDatabase(), await tempDir()];
  const log = createLog('silent');
  const publicUrl = 'https://waybill.example';
  tlog = await openTlog({
    db: database.db,
    blobs: await openFileSystem({ root: directory.path }),
    seal: createSeal(randomBytes(32)),
    clock: () => new Date(),
    log,
    metrics: tlogMetrics(createMetrics()),
    publicUrl,
    instanceId: 'a1',
    place: null,
    highWater: null,
    // Long enough for two requests to meet in one batch.
    limits: { batchWaitMs: 200 },
  });
  app = createHttp({ log, problems: TLOG_PROBLEMS, version: '0', publicUrl, ready: async () => [] });
  await app.register(tlogRoutes({ tlog, checks, issuerChains: () => [] }));
  await app.ready();
});

after(async () => {
  await app.close();
  await checks.close();
  await tlog.close();
  await database.close();
  await directory.remove();
});

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A certificate of an authority that nobody trusts: it says what its maker likes. */
function selfMade(publicKey: KeyObject, identity: SanIdentity, issuer: string): Uint8Array {
  const root = newKeys();
  const notBefore = new Date();
  const notAfter = new Date(notBefore.getTime() + 600_000);
  const frame = { notBefore, notAfter, serial: serialFrom(randomBytes(20)) };
  const name = { organization: 'o', commonName: 'c' };
  const rootDer = buildRootCertificate({ ...frame, ...root, name });
  const tbs = buildSigningTbs({
    ...frame,
    publicKey,
    identity,
    extensions: { issuer },
    issuer: issuerFrom(rootDer, root.privateKey),
  });
  return signCertificate(tbs, root.privateKey);
}

function requestBy(identity: SanIdentity, issuer: string): object {
  const { publicKey, privateKey } = newKeys();
  const message = randomBytes(16);
  const rawBytes = toBase64(selfMade(publicKey, identity, issuer));
  return {
    hashedRekordRequestV002: {
      digest: toBase64(sha256(message)),
      signature: {
        content: toBase64(sign('sha256', message, privateKey)),
        verifier: { x509Certificate: { rawBytes }, keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
      },
    },
  };
}

const post = (payload: object) =>
  app.inject({
    method: 'POST',
    url: '/api/v2/log/entries',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify(payload),
  });

describe('POST /api/v2/log/entries with a certificate that its sender made up', () => {
  const long = randomBytes(6000).toString('hex');
  const cases: readonly [what: string, identity: SanIdentity, issuer: string][] = [
    ['a name longer than an index takes', { type: 'uri', value: `http://${long}` }, 'http://i'],
    ['an issuer longer than an index takes', { type: 'uri', value: 'http://a' }, long],
    ['NUL in its issuer', { type: 'uri', value: 'http://b' }, 'a\0b'],
    ['NUL in its name', { type: 'username', value: 'a\0b' }, 'http://i'],
  ];
  for (const [what, identity, issuer] of cases) {
    it(`logs it, and the entries beside it, with ${what}`, async () => {
      const [strange, honest] = await Promise.all([
        post(requestBy(identity, issuer)),
        post(requestBy({ type: 'uri', value: `http://honest/${what.length}` }, 'http://i')),
      ]);
      assert.equal(honest.statusCode, 201, honest.body);
      assert.equal(strange.statusCode, 201, strange.body);
    });
  }
});

describe('POST /api/v2/log/entries with a DSSE envelope', () => {
  it('tries a handful of verifiers and refuses more, each of which costs a check', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    const verifier = {
      publicKey: { rawBytes: toBase64(spkiOf(publicKey)) },
      keyDetails: 'PKIX_ECDSA_P521_SHA_512',
    };
    const envelope = {
      payload: toBase64(utf8('{}')),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: toBase64(sign('sha512', utf8('something else'), privateKey)) }],
    };
    const verifiers = Array.from({ length: 17 }, () => verifier);
    const answer = await post({ dsseRequestV002: { envelope, verifiers } });
    assert.equal(answer.statusCode, 400);
    assert.match(answer.json<{ message: string }>().message, /at most 16 verifiers, found 17/);
  });
});

describe('GET /waybill/v1/log/search', () => {
  it('refuses a position that no log can have', async () => {
    for (const before of ['99999999999999999999', '1e30']) {
      const answer = await app.inject({ method: 'GET', url: `/waybill/v1/log/search?before=${before}` });
      assert.equal(answer.statusCode, 400, before);
    }
  });
});
