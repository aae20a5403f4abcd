/** What the server leans on goes away and comes back: it says so, refuses with "try again", and the retry is the same call. */
import assert from 'node:assert/strict';
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Receipt } from '@waybill/api';
import { type Client, createClient } from '@waybill/api/client';
import { isCoded, Secret } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import {
  type DatabaseProxy,
  databaseProxy,
  freePort,
  noSmallDisk,
  type ServerProcess,
  smallDisk,
  startAttester,
  startProcess,
  type TempDir,
  type TestWorld,
  tempDir,
  testWorld,
} from '@waybill/testkit';

const MIB = 1024 * 1024;
const AT = { project: 'p', workflow: 'build' };
const CONTRACT =
  'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: release }\nspec:\n  materials:\n' +
  '    - { type: ARTIFACT, name: program, output: true }\n';

interface Order {
  readonly runId: string;
  readonly bundle: string;
}

async function prepare(client: Client, token: Secret<string>, text: string): Promise<Order> {
  const attester = await startAttester({ client, token, ...AT });
  const materials = [await attester.record('program', 'ARTIFACT', utf8(text), true)];
  return { runId: attester.run.id, bundle: await attester.sign(attester.predicate(materials)) };
}

async function pushed(client: Client, { runId, bundle }: Order): Promise<Receipt> {
  const receipt = await client.pushAttestation(runId, bundle);
  assert.equal(receipt.result, 'PASSED');
  assert.deepEqual((await client.describeRun(runId)).receipt, receipt);
  return receipt;
}

async function openWorkflow(client: Client): Promise<void> {
  await client.applyContract({ document: CONTRACT });
  await client.createWorkflow({ project: AT.project, name: AT.workflow, contract: 'release' });
}

/** The dependencies that /readyz says are down; none when it answers 200. */
async function down(url: string): Promise<readonly string[]> {
  const response = await fetch(`${url}/readyz`);
  const { ready, dependencies } = (await response.json()) as {
    readonly ready: boolean;
    readonly dependencies: readonly { readonly name: string; readonly state: string }[];
  };
  const names = dependencies.filter(({ state }) => state === 'down').map(({ name }) => name);
  assert.deepEqual([response.status, ready], names.length === 0 ? [200, true] : [503, false]);
  return names;
}

/** What /readyz says is a second old at most. */
async function untilUp(url: string): Promise<void> {
  while ((await down(url)).length > 0) await new Promise((later) => setTimeout(later, 50));
}

async function untilDown(url: string, name: string): Promise<void> {
  while (!(await down(url)).includes(name)) await new Promise((later) => setTimeout(later, 50));
}

const refusedAs =
  (...codes: readonly string[]) =>
  (error: unknown): boolean =>
    isCoded(error, ...codes) || assert.fail(String(error));

describe('a PostgreSQL server that goes away and comes back', () => {
  let world: TestWorld;
  let proxy: DatabaseProxy;
  before(async () => {
    proxy = await databaseProxy();
    world = await testWorld({ databaseProxy: proxy });
    await openWorkflow(world.owner);
  });
  after(() => world.close());

  it('is named by /readyz; what was not acknowledged is taken afterwards, by the same server', async () => {
    const { owner, ownerToken, url } = world;
    const kept = await pushed(owner, await prepare(owner, ownerToken, 'before'));
    const order = await prepare(owner, ownerToken, 'during');
    await proxy.leave();
    await untilDown(url, 'database');
    for (let attempt = 0; attempt < 3; attempt++) {
      await assert.rejects(
        owner.pushAttestation(order.runId, order.bundle),
        refusedAs('database_unavailable'),
      );
    }
    await proxy.comeBack();
    await pushed(owner, order);
    await untilUp(url);
    assert.deepEqual((await owner.describeRun(kept.runId)).receipt, kept);
  });
});

describe('the embedded PostgreSQL, stopped by a signal for a while', () => {
  let directory: TempDir;
  let dataDir: string;
  let server: ServerProcess;
  before(async () => {
    directory = await tempDir('waybill-away-');
    dataDir = join(directory.path, 'data');
    server = await startProcess({ dataDir, port: await freePort() });
  });
  after(async () => {
    await server.end('SIGKILL');
    await directory.remove();
  });

  it('is named by /readyz within seconds; the push that waited for it is answered, or taken again', async () => {
    const { url } = server;
    const token = new Secret((await readFile(join(dataDir, 'owner-token'), 'utf8')).trim());
    const client = createClient({ url, token, timeoutMs: 120_000 });
    await openWorkflow(client);
    const order = await prepare(client, token, 'a program');
    const stopped = await processesIn(join(dataDir, 'pg/cluster'));
    assert.ok(stopped.length > 1);
    let waiting: Promise<unknown>;
    try {
      for (const pid of stopped) process.kill(pid, 'SIGSTOP');
      waiting = client.pushAttestation(order.runId, order.bundle).catch(refusedAs('database_unavailable'));
      await untilDown(url, 'database');
    } finally {
      for (const pid of stopped) process.kill(pid, 'SIGCONT');
    }
    await waiting;
    await pushed(client, order);
    await untilUp(url);
  });

  async function processesIn(folder: string): Promise<readonly number[]> {
    const place = await realpath(folder);
    const found = await Promise.all(
      (await readdir('/proc'))
        .filter((name) => /^\d+$/.test(name))
        .map(async (pid) => ({ pid, cwd: await readlink(`/proc/${pid}/cwd`).catch(() => null) })),
    );
    return found.filter(({ cwd }) => cwd === place).map(({ pid }) => Number(pid));
  }
});

const skip = await noSmallDisk();

describe('a full disk under the server', () => {
  let directory: TempDir;
  before(async () => {
    directory = await tempDir('waybill-full-');
  });
  after(() => directory.remove());

  it('of the blobs: /readyz names them, nothing half is kept, the same push is taken with room again', {
    skip,
  }, async () => {
    const blobs = join(directory.path, 'blobs');
    await using disk = await smallDisk(blobs, 2 * MIB);
    const place = { dataDir: join(directory.path, 'data'), port: await freePort(), more: ['--blobs', blobs] };
    const server = await startProcess(place);
    try {
      const token = new Secret((await readFile(join(place.dataDir, 'owner-token'), 'utf8')).trim());
      const client = createClient({ url: server.url, token, timeoutMs: 120_000 });
      await openWorkflow(client);
      const kept = await pushed(client, await prepare(client, token, 'before'));
      const order = await prepare(client, token, 'during');
      await disk.fill();
      await assert.rejects(
        client.pushAttestation(order.runId, order.bundle),
        refusedAs('blob_disk_full', 'blob_unavailable', 'tlog_unavailable'),
      );
      assert.equal((await client.describeRun(order.runId)).state, 'INITIALIZED');
      await untilDown(server.url, 'blobs');
      await disk.drain();
      await pushed(client, order);
      await untilUp(server.url);
      assert.deepEqual((await client.describeRun(kept.runId)).receipt, kept);
    } finally {
      await server.end('SIGTERM');
    }
  });

  it('of the whole data: what was acknowledged is there at the next start', {
    skip,
  }, async () => {
    const whole = join(directory.path, 'whole');
    await using disk = await smallDisk(whole, 400 * MIB);
    const place = { dataDir: join(whole, 'data'), port: await freePort() };
    let server = await startProcess(place);
    try {
      const token = new Secret((await readFile(join(place.dataDir, 'owner-token'), 'utf8')).trim());
      const client = createClient({ url: server.url, token, timeoutMs: 120_000 });
      await openWorkflow(client);
      const kept = [await pushed(client, await prepare(client, token, 'before'))];
      await disk.fill();
      // The files of PostgreSQL have room inside: it may take some more before it cannot either.
      const orders: Order[] = [];
      const broken = await untilItFails(async (turn) => {
        orders.push(await prepare(client, token, `during ${turn}`));
        kept.push(await pushed(client, orders.at(-1) as Order));
      });
      assert.ok(isCoded(broken), String(broken));
      await disk.drain();
      await server.end('SIGTERM');
      server = await startProcess(place);
      for (const receipt of kept)
        assert.deepEqual((await client.describeRun(receipt.runId)).receipt, receipt);
      for (const order of orders) await pushed(client, order);
      await untilUp(server.url);
    } finally {
      await server.end('SIGTERM');
    }
  });

  async function untilItFails(work: (turn: number) => Promise<void>): Promise<unknown> {
    for (let turn = 0; turn < 1000; turn++) {
      try {
        await work(turn);
      } catch (error) {
        return error;
      }
    }
    throw new Error('it never failed');
  }
});
