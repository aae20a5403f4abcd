import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot as SigstoreRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { requirePeer, type TempDir, type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import {
  type App,
  createEgress,
  createHttp,
  createLog,
  createMetrics,
  createSeal,
  openFileSystem,
  openThreads,
} from '../ground/index.ts';
import {
  authenticate,
  bootstrap,
  issueIdentityToken,
  openIdentity,
  verifyIdentityToken,
} from '../identity/index.ts';
import type { TlogTasks } from '../tlog/check-request.ts';
import { openTlog, TLOG_PROBLEMS, type Tlog, tlogMetrics, tlogRoutes } from '../tlog/index.ts';
import {
  openTrust,
  openTuf,
  TRUST_PROBLEMS,
  type Trust,
  trustMetrics,
  trustRoutes,
  tufRoutes,
} from './index.ts';
import { operatorIssuers } from './issuers/operator-issuers.ts';

const cosign = requirePeer('cosign');
const log = createLog('silent');
const clock = () => new Date();

let database: TestDatabase;
let folder: TempDir;
let tlog: Tlog;
let trust: Trust;
let app: App;
let origin: string;
let jwt: string;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

const checks = openThreads<TlogTasks>({
  module: new URL('../tlog/check-request.ts', import.meta.url),
  log: createLog('silent'),
});

before(async () => {
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  [database, folder] = await Promise.all([testDatabase(), tempDir()]);
  const { db } = database;
  const seal = createSeal(randomBytes(32));
  const blobs = await openFileSystem({ root: join(folder.path, 'blobs') });
  const identity = await openIdentity({ db, clock, seal, log, publicUrl: origin });
  tlog = await openTlog({
    db,
    blobs,
    seal,
    clock,
    log,
    metrics: tlogMetrics(createMetrics()),
    publicUrl: origin,
    instanceId: 'test',
    place: null,
    highWater: null,
  });
  trust = await openTrust({
    db,
    seal,
    clock,
    clockDoubt: () => null,
    log,
    metrics: trustMetrics(createMetrics()),
    publicUrl: origin,
    issuerUrl: identity.issuer.url,
    tlog,
    verifyIdentityToken: (token) => verifyIdentityToken(identity, token),
    egress: createEgress({ allow: [] }),
    operatorIssuers: operatorIssuers(null),
    caKey: 'p256',
    randomBytes,
  });
  const tuf = await openTuf({
    db,
    seal,
    clock,
    clockDoubt: () => null,
    log,
    metrics: trustMetrics(createMetrics()),
    publicUrl: origin,
    trustedRoot: trust.trustedRoot(),
    signingConfig: trust.signingConfig(),
  });
  const { ownerToken } = await bootstrap({ db, clock });
  const principal = await authenticate(identity, `Bearer ${ownerToken?.reveal()}`);
  const target = { project: 'demo', workflow: 'build' };
  jwt = (await issueIdentityToken(identity, principal, { audience: 'sigstore', target })).jwt;
  const problems = { ...TRUST_PROBLEMS, ...TLOG_PROBLEMS };
  app = createHttp({ log, problems, version: '0', publicUrl: origin, ready: async () => [] });
  await app.register(trustRoutes(trust));
  await app.register(tufRoutes(tuf));
  await app.register(tlogRoutes({ tlog, checks, issuerChains: () => [] }));
  await app.listen({ host: '127.0.0.1', port });
  await writeFile(place('root.json'), (await app.inject('/waybill/v1/trust/trusted-root')).payload);
  await writeFile(place('config.json'), (await app.inject('/waybill/v1/trust/signing-config')).payload);
  await writeFile(place('token'), jwt);
  await writeFile(place('artifact'), 'what is signed');
});

after(async () => {
  await app.close();
  await checks.close();
  await trust.close();
  await tlog.close();
  await database.close();
  await folder.remove();
});

const place = (name: string) => join(folder.path, name);
const identityOf = () => `${origin}/oidc/default/demo/build`;

/** Unmodified cosign, pointed at this server by its two documents alone. */
const run = (...args: readonly string[]) =>
  promisify(execFile)(cosign.path ?? '', args, {
    timeout: 30_000,
    env: { ...process.env, HOME: folder.path, TUF_ROOT: place('tuf') },
  });

const signing = () => [
  '--yes',
  '--identity-token',
  place('token'),
  '--signing-config',
  place('config.json'),
  '--trusted-root',
  place('root.json'),
];

const verifying = (identity: string) => [
  '--trusted-root',
  place('root.json'),
  '--certificate-identity',
  identity,
  '--certificate-oidc-issuer',
  `${origin}/oidc`,
];

describe('unmodified cosign', { skip: cosign.skip }, () => {
  it('is pointed at the server by one initialize, and then signs and verifies without a flag for any service', async () => {
    const root = (await app.inject('/tuf/root.json')).rawPayload;
    const initialize = (checksum: string) =>
      run(
        'initialize',
        '--mirror',
        `${origin}/tuf`,
        '--root',
        `${origin}/tuf/root.json`,
        '--root-checksum',
        checksum,
      );
    await assert.rejects(initialize('0'.repeat(64)), /checksum/i);
    await initialize(createHash('sha256').update(root).digest('hex'));
    const files = ['--bundle', place('tuf.json'), place('artifact')];
    await run('sign-blob', '--yes', '--identity-token', place('token'), ...files);
    const verify = (identity: string) =>
      run(
        'verify-blob',
        '--certificate-identity',
        identity,
        '--certificate-oidc-issuer',
        `${origin}/oidc`,
        ...files,
      );
    await verify(identityOf());
    await assert.rejects(verify(`${origin}/oidc/default/demo/release`), /no matching CertificateIdentity/);
  });

  it('signs a blob with our certificate, timestamp and log, and verifies it for this identity only', async () => {
    await run('sign-blob', ...signing(), '--bundle', place('blob.json'), place('artifact'));
    const verify = (identity: string) =>
      run('verify-blob', ...verifying(identity), '--bundle', place('blob.json'), place('artifact'));
    await verify(identityOf());
    await assert.rejects(verify(`${origin}/oidc/default/demo/release`), /no matching CertificateIdentity/);
  });

  it('signs an attestation that it and @sigstore/verify accept', async () => {
    await writeFile(place('predicate.json'), '{"built":"here"}');
    const type = 'https://waybill.dev/attestation/run/v1';
    const predicate = ['--predicate', place('predicate.json'), '--type', type];
    await run('attest-blob', ...signing(), ...predicate, '--bundle', place('att.json'), place('artifact'));
    const checked = ['--bundle', place('att.json'), '--type', type, place('artifact')];
    await run('verify-blob-attestation', ...verifying(identityOf()), ...checked);
    const json = async (name: string) => JSON.parse(await readFile(place(name), 'utf8'));
    const material = toTrustMaterial(SigstoreRoot.fromJSON(await json('root.json')));
    const verifier = new Verifier(material, { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 });
    verifier.verify(toSignedEntity(bundleFromJSON(await json('att.json'))), {
      subjectAlternativeName: identityOf(),
      extensions: { issuer: `${origin}/oidc` },
    });
  });
});
