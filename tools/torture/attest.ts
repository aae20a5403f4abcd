import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Receipt } from '@waybill/api';
import { type Client, createClient } from '@waybill/api/client';
import { Secret } from '@waybill/core';
import { toHex } from '@waybill/core/bytes';
import {
  freePort,
  killWhileStarting,
  type LogView,
  type ServerProcess,
  type Stranger,
  startProcess,
  stranger,
} from '@waybill/testkit';
import { Random } from '../fuzz/random.ts';
import { type Journal, openJournal, type Round } from './journal.ts';
import { AT, type Order, startLoad } from './load.ts';
import { type Options, playRounds } from './rounds.ts';
import { kill, type Place, restart } from './victim.ts';

const CONTRACT =
  'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: torture }\nspec:\n  materials:\n' +
  '    - { type: ARTIFACT, name: program, output: true }\n';
/** A push takes a tenth of a second on a quiet machine, six at once half a second. */
const LONGEST_LOAD_MS = 1000;
/** A start takes about a second. */
const LONGEST_START_MS = 1200;
const CLIENT_TIMEOUT_MS = 120_000;
/** Of all that was ever acknowledged, so many are read whole again after each kill; all of them at the end. */
const OLD_ONES = 5;

interface Scene {
  readonly place: Place;
  readonly url: string;
  readonly client: Client;
  readonly token: Secret<string>;
  readonly journal: Journal<Receipt>;
  readonly anybody: Stranger;
  server: ServerProcess;
  log: LogView;
}

/**
 * Kills the server, or its PostgreSQL one time in five, at random moments under attest load. After each restart
 * everything acknowledged must stand, verify offline and be in a log that never contradicts itself; what was cut off
 * is sent again and must be taken. Throws at the first breach; the seed repeats victims and moments.
 */
export async function tortureAttest(options: Options): Promise<Journal<Receipt>> {
  const { longestLoadMs = LONGEST_LOAD_MS } = options;
  const scene = await open(options);
  try {
    await playRounds(options, scene.journal, (number) => playRound(scene, { number, longestLoadMs }));
    await verifyEverything(scene);
    return scene.journal;
  } finally {
    await scene.server.end('SIGKILL');
  }
}

async function open({ directory, seed }: Options): Promise<Scene> {
  const journal = openJournal<Receipt>(directory, {
    port: await freePort(),
    seed,
    keyOf: ({ runId }) => runId,
  });
  const place = { dataDir: join(directory, 'data'), port: journal.port };
  const server = await startProcess(place);
  const { url } = server;
  const token = new Secret((await readFile(join(place.dataDir, 'owner-token'), 'utf8')).trim());
  const client = createClient({ url, token, timeoutMs: CLIENT_TIMEOUT_MS });
  // Kept outside the server's data: what it shows later is held against what it showed first.
  const rootFile = join(directory, 'trusted-root.json');
  if (!existsSync(rootFile)) {
    await client.applyContract({ document: CONTRACT });
    await client.createWorkflow({ project: AT.project, name: AT.workflow, contract: 'torture' });
    await writeFile(rootFile, await client.trustedRoot());
  }
  const anybody = stranger(url, await readFile(rootFile, 'utf8'));
  const log = await anybody.readLog();
  return { place, url, client, token, journal, anybody, server, log };
}

async function playRound(
  scene: Scene,
  { number, longestLoadMs }: { readonly number: number; readonly longestLoadMs: number },
): Promise<Round> {
  const random = new Random(scene.journal.seed, `kill ${number}`);
  const victim = random.once(5) ? 'PostgreSQL' : 'server';
  const since = random.once(4) ? 'load' : 'first push';
  const afterMs = random.below(longestLoadMs);
  const load = startLoad(scene, `kill ${number}`, (receipt) => scene.journal.promise(receipt));
  if (since === 'first push') await load.pushing;
  await delay(afterMs);
  await kill(scene.server, victim, scene.place);
  const orders = await load.settled;
  const startToo = random.once(10);
  if (startToo) await killWhileStarting(scene.place, random.below(LONGEST_START_MS));
  const { server, restartMs } = await restart(scene.place);
  scene.server = server;
  const acknowledged = orders.filter(({ receipt }) => receipt !== null).length;
  const receipts = await Promise.all(orders.map((order) => sendAgain(scene, order)));
  await check(scene, receipts, random);
  const cutOff = orders.length - acknowledged;
  const logSize = scene.log.head.size;
  return { kill: number, victim, since, afterMs, startToo, acknowledged, cutOff, restartMs, logSize };
}

/** The retry is the same call: it gets the receipt of the first time where there was one. */
async function sendAgain({ client, journal }: Scene, { runId, bundle, receipt }: Order): Promise<Receipt> {
  const again = await client.pushAttestation(runId, bundle);
  assert.equal(again.result, 'PASSED');
  if (receipt !== null) assert.deepEqual(again, receipt);
  journal.promise(again);
  return again;
}

async function check(scene: Scene, receipts: readonly Receipt[], random: Random): Promise<void> {
  const { anybody, journal, log } = scene;
  scene.log = await anybody.readLog(log);
  await anybody.assertContinues(log.head, scene.log.head);
  assert.deepEqual(await runsThatPassed(scene), new Set(journal.promised.keys()));
  const old = [...journal.promised.values()];
  const some = old.length === 0 ? [] : Array.from({ length: OLD_ONES }, () => random.pick(old));
  for (const receipt of new Set([...receipts, ...some])) await verifyOne(scene, receipt);
}

async function verifyOne({ anybody, client, url, log }: Scene, receipt: Receipt): Promise<void> {
  assert.deepEqual((await client.describeRun(receipt.runId)).receipt, receipt);
  const signer = `${url}/oidc/default/${AT.project}/${AT.workflow}`;
  await anybody.verifyEvidence(receipt, { client, signer, entries: log.entries });
}

async function verifyEverything(scene: Scene): Promise<void> {
  scene.log = await scene.anybody.readLog();
  for (const receipt of scene.journal.promised.values()) await verifyOne(scene, receipt);
  // The entry of a push that was cut off is found again by its retry: nothing stands in the log twice.
  assert.equal(new Set(scene.log.entries.map(toHex)).size, scene.log.entries.length);
}

async function runsThatPassed({ client }: Scene): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await client.listRuns({
      state: 'PASSED',
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { id } of page.runs) found.add(id);
    cursor = page.next;
  }
  return found;
}
