/** What goes wrong around a pipeline: network, server, a second command line, a full disk. The retry is the same command. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { type Client, createClient } from '@waybill/api/client';
import { Secret } from '@waybill/core';
import { parseBundle } from '@waybill/core/bundle';
import { fromUtf8 } from '@waybill/core/bytes';
import {
  freePort,
  noSmallDisk,
  type ServerProcess,
  smallDisk,
  startProcess,
  type TempDir,
  tempDir,
} from '@waybill/testkit';
import { type Ended, startProgram, waybill, workspace } from './program.ts';

const CONTRACT = `apiVersion: chainloop.dev/v1
kind: Contract
metadata: { name: release }
spec:
  materials:
    - { name: app, type: ARTIFACT, output: true }
    - { name: notes, type: STRING, optional: true }
`;
const APP = Buffer.alloc(8 * 1024 * 1024, 'an application ');

let directory: TempDir;
let place: { readonly dataDir: string; readonly port: number };
let server: ServerProcess;
let token: Secret<string>;
let owner: Client;

before(async () => {
  directory = await tempDir('waybill-adversity-');
  place = { dataDir: path.join(directory.path, 'data'), port: await freePort() };
  server = await startProcess(place);
  token = new Secret((await readFile(path.join(place.dataDir, 'owner-token'), 'utf8')).trim());
  owner = createClient({ url: server.url, token, timeoutMs: 120_000 });
  await owner.applyContract({ document: CONTRACT });
  await owner.createWorkflow({ project: 'demo', name: 'build', contract: 'release' });
});
after(async () => {
  await server.end('SIGKILL');
  await directory.remove();
});

/** A directory of a build and the program in it; `url` is how it reaches the server. */
async function build(url = server.url) {
  const at = await workspace();
  await writeFile(path.join(at.dir, 'app.bin'), Buffer.concat([APP, Buffer.from(at.dir)]));
  const env = { WAYBILL_URL: url, WAYBILL_TOKEN: token.reveal() };
  const run = (words: string, more: NodeJS.ProcessEnv = {}, cwd = at.dir): Promise<Ended> =>
    waybill(words.split(' '), { cwd, env: { ...env, ...more } });
  return {
    dir: at.dir,
    state: path.join(at.dir, '.waybill/attestation-default.json'),
    run,
    start: (words: string) => startProgram(words.split(' '), { cwd: at.dir, env }),
    init: () => succeed(run(INIT)),
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  };
}

const INIT = 'att init --project demo --workflow build -o json';
const ADD = 'att add --name app --value app.bin';
const PUSH = 'att push -o json';

async function succeed(run: Promise<Ended>): Promise<Ended> {
  const result = await run;
  assert.equal(result.code, 0, result.stderr);
  return result;
}

async function fail(run: Promise<Ended>, says: RegExp): Promise<void> {
  const result = await run;
  assert.match(result.stderr, says);
  assert.ok(!/\n {4}at /.test(result.stderr), 'a stack');
  assert.equal(result.code, 1);
}

async function pushed(run: Promise<Ended>): Promise<Receipt> {
  const receipt = JSON.parse((await succeed(run)).stdout) as Receipt;
  assert.equal(receipt.result, 'PASSED');
  return receipt;
}

describe('a network that is cut', () => {
  it('in the middle of an upload: the same command sends it again, and nothing of the first is left', async () => {
    await using relay = await startRelay(place.port);
    await using at = await build(relay.url);
    await at.init();
    relay.cutAfterBytes = 2 * 1024 * 1024;
    await fail(at.run(ADD), /\[oci_client_unavailable\]/);
    await untilEmpty(path.join(place.dataDir, 'blobs/.tmp'));
    relay.cutAfterBytes = Number.POSITIVE_INFINITY;
    await succeed(at.run(ADD));
    await pushed(at.run(PUSH));
  });
});

describe('a server that is away', () => {
  it('killed after init, stopped before the push: each command is simply run again', async () => {
    await using at = await build();
    await at.init();
    await server.end('SIGKILL');
    await fail(at.run(ADD), /\[(oci_client_unavailable|client_unreachable)\]/);
    server = await startProcess(place);
    await succeed(at.run(ADD));
    await server.end('SIGTERM');
    await fail(at.run(PUSH), /\[(client|oidc|sigstore)_unreachable\]/);
    server = await startProcess(place);
    const receipt = await pushed(at.run(PUSH));
    assert.deepEqual((await owner.describeRun(receipt.runId)).receipt?.vsa, receipt.vsa);
    await succeed(at.run(`att verify ${receipt.runId}`));
  });
});

describe('two command lines on one state', () => {
  it('that start at once: one has the attestation, the others are told, and their runs are given up', async () => {
    await using at = await build();
    const results = await Promise.all([1, 2, 3].map(() => at.run(INIT)));
    const won = results.filter(({ code }) => code === 0);
    assert.equal(won.length, 1, results.map(({ stderr }) => stderr).join());
    for (const { code, stderr } of results) if (code !== 0) assert.match(stderr, /\[state_exists\]/);
    const { runId } = JSON.parse(won[0]?.stdout ?? '') as { runId: string };
    const { run } = JSON.parse(await readFile(at.state, 'utf8')) as { run: { id: string } };
    assert.equal(run.id, runId);
    await succeed(at.run(ADD));
    const { runs } = await owner.listRuns({ state: 'INITIALIZED' });
    assert.deepEqual(
      runs.map(({ id }) => id),
      [runId],
    );
    await pushed(at.run(PUSH));
  });

  it('that push at once: one attestation, the same receipt', async () => {
    await using at = await build();
    await at.init();
    await succeed(at.run(ADD));
    const results = await Promise.all([at.run(PUSH), at.run(PUSH)]);
    const receipts = results
      .filter(({ code }) => code === 0)
      .map(({ stdout }) => JSON.parse(stdout) as Receipt);
    assert.ok(receipts.length > 0, results[0]?.stderr);
    for (const receipt of receipts) assert.deepEqual(receipt, receipts[0]);
    for (const { code, stderr } of results) if (code !== 0) assert.match(stderr, /\[state_missing\]/);
    assert.deepEqual(await readdir(path.join(at.dir, '.waybill')), []);
  });

  it('of which one adds while the other pushes: what was recorded is attested, what was not is told', async () => {
    await using at = await build();
    await at.init();
    await succeed(at.run(ADD));
    const [added, push] = await Promise.all([at.run('att add --name notes --value more'), at.run(PUSH)]);
    const { runId } = await pushed(Promise.resolve(push));
    const bundle = parseBundle(await owner.downloadBundle(runId));
    assert.ok(bundle.content.type === 'dsse');
    const attested = fromUtf8(bundle.content.envelope.payload).includes('"notes"');
    if (added.code === 0) assert.ok(attested, 'a recorded material is lost');
    else assert.match(added.stderr, /\[(state_signed|state_missing)\]/);
  });

  it('of which one starts anew while the other adds: nothing gets into the wrong run', async () => {
    await using relay = await startRelay(place.port);
    await using slow = await build(relay.url);
    await slow.init();
    const state = await readFile(slow.state, 'utf8');
    const uploading = relay.holdAfterBytes(2 * 1024 * 1024);
    const adding = slow.run(ADD);
    await uploading;
    await rm(slow.state);
    await succeed(
      waybill(INIT.split(' '), {
        cwd: slow.dir,
        env: { WAYBILL_URL: relay.url, WAYBILL_TOKEN: token.reveal() },
      }),
    );
    relay.release();
    await fail(adding, /\[state_replaced\]/);
    const now = JSON.parse(await readFile(slow.state, 'utf8')) as {
      run: { id: string };
      materials: object[];
    };
    assert.notEqual(now.run.id, (JSON.parse(state) as typeof now).run.id);
    assert.deepEqual(now.materials, []);
  });
});

async function changed(id: string): Promise<void> {
  while ((await owner.readRunState(id)).revision === 1) await new Promise((later) => setTimeout(later, 20));
}

describe('an attestation whose state is on the server', () => {
  it('is added to by two machines at once, of which one is killed, and pushed by a third', async () => {
    await using first = await build();
    await using second = await build();
    await using third = await build();
    const { attestationID: id } = JSON.parse((await succeed(first.run(`${INIT} --remote-state`))).stdout) as {
      attestationID: string;
    };
    assert.ok(!(await readdir(first.dir)).includes('.waybill'));
    const killed = first.start(`${ADD} --attestation-id ${id}`);
    await Promise.all([
      ...['a', 'b', 'c'].map((name) =>
        succeed(
          first.run(`att add --name ${name} --kind STRING --value ${name}-secret --attestation-id ${id}`),
        ),
      ),
      succeed(second.run(`${ADD} --attestation-id ${id}`)),
      // In the midst of the others: the first of them has landed.
      changed(id).then(() => killed.kill('SIGKILL')),
    ]);
    const kept = await owner.readRunState(id);
    const status = JSON.parse((await succeed(third.run(`att status --attestation-id ${id} -o json`))).stdout);
    const names = (status as { materials: { name: string }[] }).materials.map(({ name }) => name);
    assert.deepEqual(names.toSorted(), ['a', 'app', 'b', 'c', 'notes']);
    assert.doesNotMatch(Buffer.from(kept.sealed, 'base64').toString('latin1'), /secret|app\.bin|demo/);
    const elsewhere = { WAYBILL_STATE_KEY: 'another key of thirty-two characters' };
    await fail(third.run(`att status --attestation-id ${id}`, elsewhere), /\[state_sealed\]/);

    const push = `${PUSH} --attestation-id ${id}`;
    const { runId } = await pushed(third.run(push));
    assert.equal(runId, id);
    await assert.rejects(owner.readRunState(id), { code: 'attestation_run_ended' });
    // As after a lost answer: the same command has the same verdict.
    await pushed(second.run(push));
    await fail(second.run(`${ADD} --attestation-id ${id}`), /\[attestation_run_ended\]/);
  });

  it('is given up without its key', async () => {
    await using at = await build();
    const key = { WAYBILL_STATE_KEY: 'a key of more than thirty-two characters' };
    const { attestationID: id } = JSON.parse(
      (await succeed(at.run(`${INIT} --remote-state`, key))).stdout,
    ) as { attestationID: string };
    await fail(at.run(`${ADD} --attestation-id ${id}`), /\[state_sealed\]/);
    await succeed(at.run(`att reset --attestation-id ${id}`));
    assert.equal((await owner.describeRun(id)).state, 'CANCELLED');
  });
});

const skip = await noSmallDisk();

describe('a full disk under the state', () => {
  it('keeps the state as it was; with room again, the same command goes on', {
    skip,
  }, async () => {
    await using at = await build();
    const small = path.join(at.dir, 'small');
    await mkdir(small);
    await using disk = await smallDisk(small, 64 * 1024);
    const run = (words: string) => at.run(words.replace('app.bin', '../app.bin'), {}, small);
    await succeed(run(INIT));
    await disk.fill();
    const state = path.join(small, '.waybill/attestation-default.json');
    const before = await readFile(state, 'utf8');
    await fail(run(ADD), /no space left on the device.*\[cli_file\]/);
    assert.equal(await readFile(state, 'utf8'), before);
    await disk.drain();
    await succeed(run(ADD));
    await disk.fill();
    await fail(run(PUSH), /no space left on the device.*\[cli_file\]/);
    await disk.drain();
    await pushed(run(PUSH));
    assert.deepEqual(await readdir(path.join(small, '.waybill')), []);
  });
});

/** The server hears of the cut a moment later than the client. */
async function untilEmpty(folder: string): Promise<void> {
  while ((await readdir(folder)).length > 0) await new Promise((later) => setTimeout(later, 20));
}

/** A network between: it cuts every connection that has sent so many bytes, or holds it there. */
async function startRelay(port: number) {
  let hold: { readonly bytes: number; readonly held: () => void } | null = null;
  const waiting: Socket[] = [];
  const relay = {
    url: '',
    cutAfterBytes: Number.POSITIVE_INFINITY,
    /** Resolves when a connection has sent so much, and waits. */
    holdAfterBytes: (bytes: number) => new Promise<void>((held) => (hold = { bytes, held })),
    release() {
      hold = null;
      for (const socket of waiting.splice(0)) socket.resume();
    },
  };
  const open = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    let sent = 0;
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    client.on('data', (bytes) => {
      sent += bytes.length;
      if (sent > relay.cutAfterBytes) {
        client.destroy();
        upstream.destroy();
        return;
      }
      upstream.write(bytes);
      if (hold !== null && sent > hold.bytes) {
        client.pause();
        waiting.push(client);
        hold.held();
      }
    });
    client.on('close', () => upstream.destroy());
    upstream.pipe(client);
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  relay.url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return Object.assign(relay, {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((done) => listener.close(done));
    },
  });
}
