import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, pushBlob, pushManifest } from '@waybill/clients/oci';
import { exchangeToken } from '@waybill/clients/oidc';
import { parseBundle } from '@waybill/core/bundle';
import { digestOf } from '@waybill/core/digest';
import { artifactManifest, EMPTY_BLOB, formatManifest } from '@waybill/core/oci';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

const DOCUMENT = 'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: free }\nspec: {}\n';
const AS = '--project demo --workflow build';

let world: TestWorld;
before(async () => {
  world = await testWorld();
  await world.owner.applyContract({ document: DOCUMENT });
  await world.owner.createWorkflow({ project: 'demo', name: 'build', contract: 'free' });
});
after(() => world.close());

const issuer = () => `${world.url}/oidc`;
const signer = () =>
  `--certificate-identity ${issuer()}/default/demo/build --certificate-oidc-issuer ${issuer()}`;

/** A directory with a file to sign, and the program in it. */
async function place(env: NodeJS.ProcessEnv = { WAYBILL_TOKEN: world.ownerToken.reveal() }) {
  const at = await workspace();
  const file = (name: string) => path.join(at.dir, name);
  await writeFile(file('app.tar'), 'what is signed');
  return {
    file,
    run: (words: string, more: NodeJS.ProcessEnv = {}) =>
      waybill(words.split(' ').filter(Boolean), {
        cwd: at.dir,
        env: { WAYBILL_URL: world.url, ...env, ...more },
      }),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

async function succeeds(work: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await work;
  assert.equal(code, 0, stderr);
  return stdout;
}

async function fails(work: Promise<Ended>, expected: number, reason: RegExp): Promise<void> {
  const { code, stderr } = await work;
  assert.equal(code, expected, stderr);
  assert.match(stderr, reason);
}

async function identityToken(): Promise<string> {
  const { url, ownerToken: token } = world;
  const { jwt } = await exchangeToken({ url, token, workflow: { project: 'demo', name: 'build' } });
  return jwt.reveal();
}

describe('waybill sign', () => {
  it('signs files keyless as a workflow, and verify holds for this file and signer only', async () => {
    await using at = await place();
    await writeFile(at.file('other.tar'), 'another file');
    await succeeds(at.run(`sign app.tar other.tar ${AS}`));
    const bundle = parseBundle(await readFile(at.file('app.tar.sigstore.json')));
    assert.deepEqual([bundle.tlogEntries.length, bundle.timestamps.length], [1, 1]);
    const verify = (what: string, who: string) =>
      at.run(`verify ${what} --bundle app.tar.sigstore.json ${who}`);
    await succeeds(verify('app.tar', signer()));
    await succeeds(verify(digestOf(Buffer.from('what is signed')), signer()));
    await succeeds(verify('app.tar', '--certificate-identity * --certificate-oidc-issuer *'));
    await fails(verify('other.tar', signer()), 3, /verify_artifact/);
    await fails(verify(digestOf(Buffer.from('x')), signer()), 3, /verify_artifact/);
    await fails(verify('app.tar', signer().replace('/build', '/release')), 3, /expected the subject/);
    await fails(verify('app.tar', ''), 2, /say who must have signed/);
    await fails(verify('app.tar', '--certificate-identity *'), 2, /belong together/);
    await fails(verify('app.tar', `${signer()} --artifact app.tar`), 2, /leave --artifact/);
    await fails(verify('sha256:12', signer()), 2, /64 hex digits/);
  });

  it('takes an identity token, as text or in a file, and needs no API token then', async () => {
    await using at = await place({});
    const token = await identityToken();
    await writeFile(at.file('token'), `${token}\n`);
    for (const given of [token, 'token']) {
      await succeeds(at.run(`sign app.tar --identity-token ${given}`));
      await succeeds(at.run(`verify app.tar --bundle app.tar.sigstore.json ${signer()}`));
    }
    const [header = '', payload = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const old = Buffer.from(JSON.stringify({ ...claims, exp: 1 })).toString('base64url');
    await fails(
      at.run(`sign app.tar --identity-token ${header}.${old}.c2ln`),
      1,
      /expired at 1970.*oidc_token_invalid/,
    );
    await fails(at.run('sign app.tar'), 1, /nobody to sign as.*cli_no_identity/);
    await fails(at.run('sign app.tar', { GITHUB_ACTIONS: 'true' }), 1, /id-token: write/);
  });

  it("takes the job's own identity: SIGSTORE_ID_TOKEN as in GitLab, or GitHub's token service", async () => {
    await using at = await place({});
    const token = await identityToken();
    await succeeds(at.run('sign app.tar', { SIGSTORE_ID_TOKEN: token }));
    let asked: readonly (string | undefined)[] = [];
    const github = createServer((request, response) => {
      asked = [request.url, request.headers.authorization];
      response.end(JSON.stringify({ value: token }));
    });
    await new Promise<void>((listening) => github.listen(0, '127.0.0.1', listening));
    try {
      const { port } = github.address() as AddressInfo;
      await succeeds(
        at.run('sign app.tar', {
          GITHUB_ACTIONS: 'true',
          ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner',
        }),
      );
    } finally {
      github.close();
    }
    assert.deepEqual(asked, ['/token?api-version=2.0&audience=sigstore', 'Bearer runner']);
    await succeeds(at.run(`verify app.tar --bundle app.tar.sigstore.json ${signer()}`));
  });

  it('signs with a key from a file or the environment, logged and timestamped all the same', async () => {
    await using at = await place({});
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    await writeFile(at.file('key.pub'), publicKey.export({ format: 'pem', type: 'spki' }));
    await succeeds(at.run('sign app.tar --key env://KEY', { KEY: pem }));
    const out = await succeeds(at.run('verify app.tar --bundle app.tar.sigstore.json --key key.pub -o json'));
    const proven = JSON.parse(out) as { signedAt: string | null; log: unknown };
    assert.ok(proven.signedAt !== null && proven.log !== null);
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    await writeFile(at.file('other.pub'), other.export({ format: 'pem', type: 'spki' }));
    await fails(at.run('verify app.tar --bundle app.tar.sigstore.json --key other.pub'), 3, /not_verified/);
    const ed = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    await fails(at.run('sign app.tar --key env://KEY', { KEY: ed }), 1, /sigstore_key_not_loggable/);
    await fails(at.run(`sign app.tar --key env://KEY ${AS}`, { KEY: pem }), 2, /not both/);
  });

  it('signs the same bytes by the same RSA key again: the log names the entry that it has', async () => {
    await using at = await place({});
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const env = { KEY: key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
    await writeFile(at.file('key.pub'), key.publicKey.export({ format: 'pem', type: 'spki' }));
    const logIndex = async () => {
      const out = await succeeds(at.run('sign app.tar --key env://KEY -o json', env));
      return (JSON.parse(out) as { signed: [{ log: { logIndex: number } }] }).signed[0].log.logIndex;
    };
    assert.equal(await logIndex(), await logIndex());
    await succeeds(at.run('verify app.tar --bundle app.tar.sigstore.json --key key.pub'));
  });

  it('signs by digest what is not at hand', async () => {
    await using at = await place();
    const digest = digestOf(Buffer.from('far away'));
    await fails(at.run(`sign ${digest} ${AS}`), 2, /--bundle FILE/);
    await succeeds(at.run(`sign ${digest} ${AS} --bundle far.json`));
    await succeeds(at.run(`verify ${digest} --bundle far.json ${signer()}`));
    await fails(at.run(`verify app.tar --bundle far.json ${signer()}`), 3, /verify_artifact/);
  });

  it('attaches the signature of an image to it', async () => {
    await using at = await place();
    const { host } = new URL(world.url);
    const registry = connect(host, { credentials: { username: 'x', password: world.ownerToken } });
    await pushBlob(registry, 'default/demo/app', EMPTY_BLOB);
    const manifest = artifactManifest({ artifactType: 'application/x-app', layers: [] });
    const bytes = formatManifest(manifest);
    const { digest } = await pushManifest(
      registry,
      { repository: 'default/demo/app' },
      { bytes, mediaType: manifest.mediaType },
    );
    await succeeds(at.run(`sign ${host}/default/demo/app@${digest} ${AS} --bundle image.json`));
    await succeeds(at.run(`verify ${digest} --bundle image.json ${signer()}`));
    const response = await fetch(`${world.url}/v2/default/demo/app/referrers/${digest}`, {
      headers: { authorization: `Basic ${Buffer.from(`x:${world.ownerToken.reveal()}`).toString('base64')}` },
    });
    const { manifests } = (await response.json()) as { manifests: { artifactType: string }[] };
    assert.deepEqual(
      manifests.map(({ artifactType }) => artifactType),
      ['application/vnd.dev.sigstore.bundle.v0.3+json'],
    );
  });

  it('takes services and trust from files, and keeps no bundle that does not verify', async () => {
    await using at = await place({});
    await writeFile(at.file('config.json'), await world.owner.signingConfig());
    await writeFile(at.file('root.json'), await world.owner.trustedRoot());
    const token = await identityToken();
    const sign = (more: string) =>
      at.run(`sign app.tar --identity-token ${token} --signing-config config.json ${more}`);
    await succeeds(sign('--trusted-root root.json'));
    await fails(sign(''), 2, /needs --trusted-root/);
    const root = JSON.parse(await world.owner.trustedRoot()) as object;
    await writeFile(at.file('root.json'), JSON.stringify({ ...root, tlogs: [] }));
    await fails(sign('--trusted-root root.json --bundle none.json'), 3, /verify_not_logged/);
    await assert.rejects(readFile(at.file('none.json')), { code: 'ENOENT' });
  });
});

describe('waybill attest-blob', () => {
  it('states a predicate about files and digests', async () => {
    await using at = await place();
    await writeFile(at.file('predicate.json'), '{"buildDefinition":{}}');
    const digest = digestOf(Buffer.from('far away'));
    const attest = (type: string) =>
      at.run(
        `attest-blob app.tar ${digest} --predicate predicate.json --type ${type} --bundle att.json ${AS}`,
      );
    await succeeds(attest('slsaprovenance1'));
    for (const about of ['app.tar', digest]) {
      const out = await succeeds(at.run(`verify ${about} --bundle att.json ${signer()} -o json`));
      assert.equal(
        (JSON.parse(out) as { predicateType: string }).predicateType,
        'https://slsa.dev/provenance/v1',
      );
    }
    await fails(attest('provenance'), 2, /--type: expected a URI/);
    await writeFile(at.file('predicate.json'), '{');
    await fails(attest('slsaprovenance1'), 2, /--predicate predicate.json/);
  });
});
