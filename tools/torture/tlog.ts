import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@waybill/api/client';
import { exchangeToken } from '@waybill/clients/oidc';
import { Secret } from '@waybill/core';
import { toBase64, toHex, utf8 } from '@waybill/core/bytes';
import { parseTrustedRoot } from '@waybill/core/trust';
import {
  freePort,
  killWhileStarting,
  type LogView,
  type ServerProcess,
  type Stranger,
  startProcess,
  stranger,
} from '@waybill/testkit';
import { runFsck } from '../fsck/run-fsck.ts';
import { Random } from '../fuzz/random.ts';
import { type Asker, askForCertificate, type Certified, startCertificateLoad } from './certificate-load.ts';
import { type CtView, readCtLog } from './ct-view.ts';
import { type Journal, openJournal, type Round } from './journal.ts';
import { requireHeads } from './log-heads.ts';
import { type Logged, logAgain, startLogLoad } from './log-load.ts';
import { type Options, playRounds } from './rounds.ts';
import { kill, type Place, restart } from './victim.ts';

/** A batch takes some milliseconds; most kills fall into the midst of many. */
const LONGEST_LOAD_MS = 400;
/** A start takes about a second. */
const LONGEST_START_MS = 1200;
const CONTRACT = 'apiVersion: chainloop.dev/v1\nkind: Contract\nmetadata: { name: torture }\nspec: {}\n';
const WORKFLOW = { project: 'torture', name: 'tlog' };

/** What a log has acknowledged. */
export type Promised =
  | { readonly log: 'rekor'; readonly logged: Logged }
  | { readonly log: 'ct'; readonly certified: Certified };

interface Scene {
  readonly place: Place;
  readonly url: string;
  readonly token: Secret<string>;
  readonly ctKey: Asker['ctKey'];
  readonly journal: Journal<Promised>;
  readonly anybody: Stranger;
  server: ServerProcess;
  log: LogView;
  ct: CtView;
}

/**
 * Kills the whole server, one time in ten its PostgreSQL, while signatures are logged and certificates issued. After
 * each restart every entry that was acknowledged stands where it was said, every SCT has its entry, both logs continue
 * what was read before, and each root that was ever shown is the one that the entries have; fsck at the end. Throws at
 * the first breach.
 */
export async function tortureTlog(options: Options): Promise<Journal<Promised>> {
  const { longestLoadMs = LONGEST_LOAD_MS } = options;
  const scene = await open(options);
  try {
    await playRounds(options, scene.journal, (number) => playRound(scene, { number, longestLoadMs }));
    scene.log = await scene.anybody.readLog();
    scene.ct = await readCtLog(scene.url);
    checkPromises(scene, [...scene.journal.promised.values()]);
    assert.equal(
      new Set(scene.log.entries.map(toHex)).size,
      scene.log.entries.length,
      'an entry stands twice',
    );
  } finally {
    await scene.server.end('SIGKILL');
  }
  const { code, output } = await runFsck('--data', scene.place.dataDir);
  assert.equal(code, 0, output);
  return scene.journal;
}

async function open({ directory, seed }: Options): Promise<Scene> {
  const journal = openJournal<Promised>(directory, {
    port: await freePort(),
    seed,
    keyOf: (promised) => (promised.log === 'ct' ? promised.certified.leaf : String(promised.logged.logIndex)),
  });
  const more = ['--log-guard', join(directory, 'guard')];
  const place = { dataDir: join(directory, 'data'), port: journal.port, more };
  const server = await startProcess(place);
  const { url } = server;
  const token = new Secret((await readFile(join(place.dataDir, 'owner-token'), 'utf8')).trim());
  // Kept outside the server's data: what it shows later is held against what it showed first.
  const rootFile = join(directory, 'trusted-root.json');
  if (!existsSync(rootFile)) {
    const client = createClient({ url, token });
    await client.applyContract({ document: CONTRACT });
    await client.createWorkflow({ ...WORKFLOW, contract: 'torture' });
    await writeFile(rootFile, await client.trustedRoot());
  }
  const root = await readFile(rootFile, 'utf8');
  const [ctLog] = parseTrustedRoot(utf8(root)).ctlogs;
  assert.ok(ctLog);
  const anybody = stranger(url, root);
  const [log, ct] = await Promise.all([anybody.readLog(), readCtLog(url)]);
  return { place, url, token, ctKey: ctLog.publicKey, journal, anybody, server, log, ct };
}

async function playRound(
  scene: Scene,
  { number, longestLoadMs }: { readonly number: number; readonly longestLoadMs: number },
): Promise<Round> {
  const { url, journal, place } = scene;
  const random = new Random(journal.seed, `kill ${number}`);
  const victim = random.once(10) ? 'PostgreSQL' : 'server';
  const afterMs = random.below(longestLoadMs);
  const asker = await askerOf(scene);
  const signatures = startLogLoad(url, `kill ${number}`, (logged) =>
    journal.promise({ log: 'rekor', logged }),
  );
  const certificates = startCertificateLoad(asker, (certified) => journal.promise({ log: 'ct', certified }));
  await signatures.answered;
  await delay(afterMs);
  await kill(scene.server, victim, place);
  const [orders, asked] = await Promise.all([signatures.settled, certificates.settled]);
  const startToo = random.once(10);
  if (startToo) await killWhileStarting(place, random.below(LONGEST_START_MS));
  const { server, restartMs } = await restart(place);
  scene.server = server;
  const acknowledged: readonly Promised[] = [
    ...orders.flatMap(({ logged }) => (logged === null ? [] : [{ log: 'rekor', logged } as const])),
    ...asked.flatMap(({ certified }) => (certified === null ? [] : [{ log: 'ct', certified } as const])),
  ];
  for (const logged of await Promise.all(orders.map((order) => logAgain(url, order))))
    if (logged !== null) journal.promise({ log: 'rekor', logged });
  const certified = await askForCertificate(asker);
  assert.ok(certified, 'no certificate after the restart');
  journal.promise({ log: 'ct', certified });
  await readOn(scene);
  checkPromises(scene, acknowledged);
  const cutOff = orders.length + asked.length - acknowledged.length;
  const counts = { acknowledged: acknowledged.length, cutOff, restartMs };
  const sizes = { logSize: scene.log.head.size, ctSize: scene.ct.entries.length };
  return { kill: number, victim, since: 'first answer', afterMs, startToo, ...counts, ...sizes };
}

/** A token lives ten minutes: each round gets its own. */
async function askerOf({ url, token, ctKey }: Scene): Promise<Asker> {
  const { jwt, subject } = await exchangeToken({ url, token, workflow: WORKFLOW });
  return { url, identity: { token: jwt.reveal(), subject }, ctKey };
}

async function readOn(scene: Scene): Promise<void> {
  const { head } = scene.log;
  scene.log = await scene.anybody.readLog(scene.log);
  await scene.anybody.assertContinues(head, scene.log.head);
  scene.ct = await readCtLog(scene.url, scene.ct);
}

/** Each stands where it was said, under the root that the entries before it have. */
function checkPromises({ log, ct }: Scene, promised: readonly Promised[]): void {
  const logged = promised.flatMap((one) => (one.log === 'rekor' ? [one.logged] : []));
  for (const { body, logIndex } of logged)
    assert.equal(toBase64(log.entries[logIndex] ?? new Uint8Array()), body, `entry ${logIndex} is lost`);
  requireHeads(log.entries, logged);
  const certified = promised.flatMap((one) => (one.log === 'ct' ? [one.certified] : []));
  for (const { leaf, head } of certified) {
    const place = ct.places.get(leaf);
    assert.ok(place !== undefined, `the entry of an SCT is lost: ${leaf}`);
    assert.ok(place < (head?.treeSize ?? Number.POSITIVE_INFINITY), `an SCT came before its entry ${place}`);
  }
  requireHeads(
    ct.entries,
    certified.flatMap(({ head }) => head ?? []),
  );
}
