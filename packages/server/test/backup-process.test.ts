/** The whole way: a backup under load, the machine lost, a restore on other paths, another port and another user. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Decision, Receipt } from '@waybill/api';
import { type Client, createClient } from '@waybill/api/client';
import { Secret } from '@waybill/core';
import { parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import {
  type Checkpoint,
  EMPTY_EDGE,
  edgeRoot,
  formatTilePath,
  growTree,
  hashLeaf,
  noteKey,
  parseCheckpoint,
  parseEntryBundle,
  TILE_WIDTH,
  tileWidthAt,
  verifyCheckpoint,
} from '@waybill/core/tlog';
import { parseTrustedRoot } from '@waybill/core/trust';
import { verifyStatementBundle } from '@waybill/core/verify';
import {
  type Account,
  freePort,
  runAs,
  runToEnd,
  type ServerProcess,
  startAttester,
  startProcess,
  type TempDir,
  tempDir,
} from '@waybill/testkit';
import { markIncomplete } from '../src/backup/index.ts';

const AT = { project: 'p', workflow: 'build' };
const CONTRACT =
  'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n' +
  '    - { type: ARTIFACT, name: program, output: true }\n';
const WRITERS = 3;

let directory: TempDir;
let url: string;
let token: Secret<string>;
let server: ServerProcess;
/** What the first server said, and is gone with it. */
let acknowledged: Receipt[];
let trustedRoot: string;
let checkpoint: string;
let forward: Server | undefined;
const leading: Socket[] = [];
const place = (name: string): string => join(directory.path, name);

before(async () => {
  directory = await tempDir('waybill-backup-');
  const port = await freePort();
  server = await startProcess({ dataDir: place('first'), port });
  url = server.url;
  token = new Secret((await readFile(place('first/owner-token'), 'utf8')).trim());
  const owner = createClient({ url, token });
  await owner.applyContract({ document: CONTRACT });
  await owner.createWorkflow({ project: AT.project, name: AT.workflow, contract: 'release' });
});
after(async () => {
  for (const socket of leading) socket.destroy();
  forward?.close();
  await server.end('SIGKILL');
  await directory.remove();
});

async function attest(client: Client, text: string): Promise<Receipt> {
  const attester = await startAttester({ client, token, ...AT });
  const materials = [await attester.record('program', 'ARTIFACT', utf8(text), true)];
  return client.pushAttestation(attester.run.id, await attester.sign(attester.predicate(materials)));
}

const subjectOf = (receipt: Receipt) => receipt.subjects[0]?.digest as `sha256:${string}`;
const askAbout = (client: Client, receipt: Receipt): Promise<Decision> =>
  client.ask({ subject: { digest: subjectOf(receipt) }, context: { contract: 'release' } });

/** The public URL stays; where it leads changes, as when a name gets another address. */
async function lead(port: number): Promise<void> {
  for (const socket of leading.splice(0)) socket.destroy();
  forward?.close();
  forward = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    leading.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => [near, far].map((end) => end.destroy()));
    near.pipe(far).pipe(near);
  });
  await once(forward.listen(Number(new URL(url).port), '127.0.0.1'), 'listening');
}

async function text(path: string): Promise<string> {
  const response = await fetch(`${url}${path}`);
  assert.equal(response.status, 200, `${path}: ${response.status}`);
  return response.text();
}

/** With a trusted root that somebody kept, or the one that is served now. */
async function verify(client: Client, receipt: Receipt, root: string): Promise<void> {
  const documents = [
    [await client.downloadBundle(receipt.runId), receipt.attestation, `${url}/oidc/default/p/build`],
    [await client.downloadVerdict(receipt.runId), receipt.vsa, `${url}/verifier`],
  ] as const;
  for (const [document, position, subject] of documents) {
    assert.equal(digestOf(utf8(document)), position.bundleDigest);
    const expectations = { type: 'identity' as const, issuer: `${url}/oidc`, subject };
    const trusted = parseTrustedRoot(utf8(root));
    verifyStatementBundle(parseBundle(document), {
      trustedRoot: trusted,
      expectations,
      artifact: subjectOf(receipt),
    });
  }
}

/** The account of `nobody` when we are root and it can reach this program; else our own. */
function otherAccount(): Account | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+)/m.exec(readFileSync('/etc/passwd', 'utf8')) ?? [];
  const account = { uid: Number(uid), gid: Number(gid) };
  const program = join(import.meta.dirname, '../bin/waybill-server.js');
  const reaches = spawnSync(process.execPath, [program, '--help'], { ...account, cwd: '/' }).status === 0;
  return uid !== undefined && reaches ? account : undefined;
}

function give(path: string, { uid, gid }: Account): void {
  chownSync(path, uid, gid);
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true }))
    chownSync(join(entry.parentPath, entry.name), uid, gid);
}

async function rebuilt(base: string): Promise<Checkpoint> {
  const { checkpoint: head } = parseCheckpoint(await text(`${base}/checkpoint`));
  let edge = EMPTY_EDGE;
  for (let index = 0; index * TILE_WIDTH < head.size; index++) {
    const width = tileWidthAt(head.size, 0, index);
    const response = await fetch(`${url}${base}/${formatTilePath({ type: 'entries', index, width })}`);
    const entries = parseEntryBundle(new Uint8Array(await response.arrayBuffer()), width);
    edge = growTree(edge, entries.map(hashLeaf)).edge;
  }
  assert.deepEqual(edgeRoot(edge), head.rootHash);
  return head;
}

const originsOf = (root: string): readonly string[] =>
  parseTrustedRoot(utf8(root)).tlogs.map(({ baseUrl }) => new URL(baseUrl).hostname);

describe('a backup of a server under load', () => {
  it('is written while attestations go on', async () => {
    const owner = createClient({ url, token });
    acknowledged = await Promise.all(['a', 'b', 'c', 'd'].map((name) => attest(owner, `before ${name}`)));
    trustedRoot = await owner.trustedRoot();
    checkpoint = await text('/api/v2/checkpoint');
    let done = false;
    const writing = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let round = 0; !done; round++) await attest(owner, `during ${writer} ${round}`);
      return true;
    });
    const ended = await runToEnd('backup', 'create', '--to', place('backup'), '--data', place('first'));
    done = true;
    assert.deepEqual(await Promise.all(writing), Array(WRITERS).fill(true));
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /^backup of \d+ files, .* The master key is not in it/);
    // After it, and lost with the machine.
    await attest(owner, 'after');
    assert.equal((await server.end('SIGKILL')).signal, 'SIGKILL');
  });
});

describe('a restore on another machine', () => {
  let account: Account | undefined;
  let there: Client;
  let data: string;

  it('needs the master key, and then nothing but the directory of the backup', async () => {
    account = otherAccount();
    data = place('elsewhere/data');
    await mkdir(data, { recursive: true });
    await chmod(place('elsewhere'), 0o755);
    const words = [
      'backup',
      'restore',
      '--from',
      place('backup'),
      '--data',
      data,
      '--blobs',
      place('elsewhere/blobs'),
    ];
    if (account) {
      give(place('elsewhere'), account);
      give(place('backup'), account);
    }
    const keyless = await runAs(account, ...words);
    assert.match(keyless.stderr, /needs its master key.*\[restore_no_key\]/);
    await copyFile(place('first/master.key'), join(data, 'master.key'));
    if (account) give(data, account);
    const restored = await runAs(account, ...words);
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /are frozen: their entries stay provable/);
    assert.match((await runAs(account, ...words)).stderr, /is not empty.*\[restore_target_in_use\]/);
  });

  it('serves every acknowledged attestation, and each verifies by the old trusted root and the new', async () => {
    const port = await freePort();
    const more = ['--url', url, '--blobs', place('elsewhere/blobs')];
    server = await startProcess({ dataDir: data, port, more, account });
    assert.equal(server.url, url);
    await lead(port);
    there = createClient({ url, token });
    const root = await there.trustedRoot();
    assert.equal(acknowledged.length, 4);
    for (const receipt of acknowledged) {
      assert.deepEqual((await there.describeRun(receipt.runId)).receipt, receipt);
      await verify(there, receipt, trustedRoot);
      await verify(there, receipt, root);
      const decision = await askAbout(there, receipt);
      assert.equal(decision.outcome, 'allow');
      assert.equal(decision.evidence?.vsaDigest, receipt.vsa.bundleDigest);
    }
    const { runs } = await there.listRuns({ limit: 100 });
    const judged = runs.filter(({ state }) => state === 'PASSED');
    assert.ok(judged.length >= acknowledged.length);
    for (const run of judged) {
      const { receipt } = await there.describeRun(run.id);
      assert.ok(receipt);
      await verify(there, receipt, root);
    }
  });

  it('has ended the log where the backup ends, and goes on in a new one', async () => {
    const [was = ''] = originsOf(trustedRoot);
    const [frozen, active] = originsOf(await there.trustedRoot());
    assert.equal(frozen, was);
    assert.notEqual(active, was);
    const head = await rebuilt(`/log/${was}`);
    const [log] = parseTrustedRoot(utf8(trustedRoot)).tlogs;
    assert.ok(log);
    const keys = [noteKey(was, log.publicKey, { keyId: log.logId })];
    const published = verifyCheckpoint(checkpoint, { origin: was, keys });
    assert.ok(head.size >= published.size);
    const receipt = await attest(there, 'on the new machine');
    assert.equal(receipt.vsa.log.origin, active);
    await verify(there, receipt, await there.trustedRoot());
    assert.equal((await rebuilt('/api/v2')).origin, active);
    const ready = JSON.parse(await text('/readyz')) as { ready: boolean };
    assert.equal(ready.ready, true);
    // Rows of another cluster: their order in the feeds was made anew, and nothing else was strange.
    const said = (await server.end('SIGTERM')).stderr.trim().split('\n');
    assert.ok(
      said.every((line) => line.includes('the feed was stamped anew')),
      said.join('\n'),
    );
  });
});

describe('a restore that was cut short', () => {
  it('is no data for a server', async () => {
    const data = place('half');
    await markIncomplete(data);
    const { code, stderr } = await runToEnd('--data', data, '--listen', '127.0.0.1:0');
    assert.equal(code, 1);
    assert.match(stderr, /did not finish.*\[restore_incomplete\]/);
  });
});

describe('a move', () => {
  it('lets the logs go on at the new place, and ends them at the old one', async () => {
    const old = place('elsewhere/data');
    const blobs = place('elsewhere/blobs');
    const data = place('moved');
    const from = ['--data', old, '--blobs', blobs];
    const created = await runToEnd('backup', 'create', '--to', place('move'), '--move', ...from);
    assert.equal(created.code, 0, created.stderr);
    await mkdir(data);
    await copyFile(join(old, 'master.key'), join(data, 'master.key'));
    const restored = await runToEnd(
      'backup',
      'restore',
      '--from',
      place('move'),
      '--data',
      data,
      '--continue-log',
    );
    assert.equal(restored.code, 0, restored.stderr);
    assert.match(restored.stdout, /the logs go on/);

    const origins: (readonly string[])[] = [];
    for (const more of [['--data', data], from]) {
      const [, dataDir = ''] = more;
      const port = await freePort();
      server = await startProcess({ dataDir, port, more: ['--url', url, ...more.slice(2)] });
      await lead(port);
      const client = createClient({ url, token });
      const receipt = await attest(client, `after the move in ${dataDir}`);
      await verify(client, receipt, await client.trustedRoot());
      origins.push(originsOf(await client.trustedRoot()));
      assert.equal(receipt.vsa.log.origin, origins.at(-1)?.at(-1));
      await server.end('SIGTERM');
    }
    const [moved = [], stayed = []] = origins;
    assert.equal(moved.length, 2);
    assert.deepEqual(stayed.slice(0, 2), moved);
    assert.equal(stayed.length, 3);
  });
});
