import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  signTufMetadata,
  type TufContent,
  type TufKey,
  type TufRole,
  tufPointer,
  tufRoot,
  tufTargets,
} from '@waybill/core/trust';
import { type TestWorld, testWorld } from '@waybill/testkit';
import { type Ended, waybill, workspace } from './program.ts';

let world: TestWorld;
let place: Awaited<ReturnType<typeof workspace>>;

before(async () => {
  place = await workspace();
  world = await testWorld();
});
after(async () => {
  await world.close();
  await place[Symbol.asyncDispose]();
});

/** Nobody has logged in here. */
const run = (...words: readonly string[]): Promise<Ended> =>
  waybill(words, { cwd: place.dir, env: { WAYBILL_URL: world.url } });
const text = (name: string): Promise<string> => readFile(path.join(place.dir, name), 'utf8');
const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A repository in which one key signs everything. */
const rolesOf = ({ publicKey }: TufKey) => ({
  root: publicKey,
  targets: publicKey,
  snapshot: publicKey,
  timestamp: publicKey,
});

/** A mirror under somebody else's hand. */
async function serving(
  fileOf: (name: string) => Uint8Array | undefined,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const file = fileOf((request.url ?? '').slice(1));
    if (file) response.end(file);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

describe('waybill trust export', () => {
  it('writes what clients of Sigstore take, with its sums', async () => {
    const { code, stdout, stderr } = await run('trust', 'export', '-o', 'json');
    assert.equal(code, 0, stderr);
    const names = ['trusted_root.json', 'signing_config.v0.2.json', 'client_trust_config.json', 'root.json'];
    const files = await Promise.all(
      names.map(async (name) => ({ file: path.join(place.dir, name), sha256: sha256(await text(name)) })),
    );
    assert.deepEqual(JSON.parse(stdout), { mirror: `${world.url}/tuf`, files });
    assert.match(stderr, /Compare these sums/);
    const both = JSON.parse(await text('client_trust_config.json'));
    assert.equal(both.mediaType, 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json');
    assert.deepEqual(both.trustedRoot, JSON.parse(await text('trusted_root.json')));
    assert.deepEqual(both.signingConfig, JSON.parse(await text('signing_config.v0.2.json')));
  });
});

describe('waybill trust fetch', () => {
  const fetchWith = (root: string, ...more: readonly string[]): Promise<Ended> =>
    run('trust', 'fetch', '--mirror', `${world.url}/tuf`, '--root', root, '--to', 'fetched.json', ...more);

  it('brings the trusted root, again and again', async () => {
    await run('trust', 'export', '--to', 'exported');
    const sum = sha256(await text('exported/root.json'));
    for (let times = 0; times < 2; times++) {
      const { code, stdout, stderr } = await fetchWith('exported/root.json', '--root-sha256', sum);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^root version +1$/m);
      assert.equal(await text('fetched.json'), await text('exported/trusted_root.json'));
    }
  });

  it('does not begin with another root than the one expected', async () => {
    const { code, stderr } = await fetchWith('exported/root.json', '--root-sha256', sha256('another'));
    assert.match(stderr, /is not the root that you expect: its SHA-256 is [0-9a-f]{64}/);
    assert.equal(code, 3);
  });

  it('takes nothing from a mirror that another root vouches for', async () => {
    const key: TufKey = generateKeyPairSync('ed25519');
    const content = tufRoot(rolesOf(key));
    const expires = new Date(Date.now() + 60_000);
    const foreign = signTufMetadata({ role: 'root', version: 1, expires, content }, key);
    await writeFile(path.join(place.dir, 'foreign.json'), foreign);
    const { code, stderr } = await fetchWith('foreign.json');
    assert.match(stderr, /cannot be trusted: .*timestamp.* \[not_verified\]/);
    assert.equal(code, 3);
  });

  it('remembers what a mirror has shown, and is not taken back', async () => {
    const key: TufKey = generateKeyPairSync('ed25519');
    const expires = new Date(Date.now() + 60_000);
    const signed = (role: TufRole, version: number, content: TufContent) =>
      signTufMetadata({ role, version, expires, content }, key);
    const root = signed('root', 1, tufRoot(rolesOf(key)));
    const bytes = Buffer.from(await text('exported/trusted_root.json'));
    const state = (version: number) => ({
      [`targets/${sha256(bytes)}.trusted_root.json`]: bytes,
      [`${version}.targets.json`]: signed(
        'targets',
        version,
        tufTargets([{ name: 'trusted_root.json', bytes }]),
      ),
      [`${version}.snapshot.json`]: signed('snapshot', version, tufPointer('targets.json', version)),
      'timestamp.json': signed('timestamp', version, tufPointer('snapshot.json', version)),
    });
    let files: Readonly<Record<string, Uint8Array>> = state(2);
    await using mirror = await serving((name) => files[name]);
    await writeFile(path.join(place.dir, 'theirs.json'), root);
    const words = ['trust', 'fetch', '--mirror', mirror.url, '--root', 'theirs.json', '--to', 'kept.json'];
    assert.equal((await run(...words)).code, 0);
    files = state(1);
    const { code, stderr } = await run(...words);
    assert.match(stderr, /timestamp version 1 is less than current version 2/);
    assert.equal(code, 3);
  });

  it('tells a mirror that is not there from one that lies', async () => {
    const mirror = `${world.url}/elsewhere`;
    const { code, stderr } = await run('trust', 'fetch', '--mirror', mirror, '--root', 'exported/root.json');
    assert.match(stderr, /elsewhere\/timestamp\.json: HTTP 404 \[tuf_client_unreachable\]/);
    assert.equal(code, 1);
    assert.equal(
      (await run('trust', 'fetch', '--mirror', 'file:///x', '--root', 'exported/root.json')).code,
      2,
    );
  });
});
