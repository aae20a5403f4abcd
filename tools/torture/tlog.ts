import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { toBase64, toHex } from '@waybill/core/bytes';
import { EMPTY_EDGE, edgeRoot, growTree, hashLeaf } from '@waybill/core/tlog';
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
import { type Journal, openJournal, type Round } from './journal.ts';
import { type Logged, logAgain, startLogLoad } from './log-load.ts';
import { type Options, playRounds } from './rounds.ts';
import { kill, type Place, restart } from './victim.ts';

/** A batch takes some milliseconds; most kills fall into the midst of many. */
const LONGEST_LOAD_MS = 400;
/** A start takes about a second. */
const LONGEST_START_MS = 1200;

interface Scene {
  readonly place: Place;
  readonly url: string;
  readonly journal: Journal<Logged>;
  readonly anybody: Stranger;
  server: ServerProcess;
  log: LogView;
}

/**
 * Kills the whole server, one time in ten its PostgreSQL, while signatures are logged. After each restart every entry
 * that was acknowledged stands where it was said, the log continues what was read before, and each root it was ever
 * acknowledged under is the one that its entries have; fsck at the end. Throws at the first breach.
 */
export async function tortureTlog(options: Options): Promise<Journal<Logged>> {
  const { longestLoadMs = LONGEST_LOAD_MS } = options;
  const scene = await open(options);
  try {
    await playRounds(options, scene.journal, (number) => playRound(scene, { number, longestLoadMs }));
    scene.log = await scene.anybody.readLog();
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
  const journal = openJournal<Logged>(directory, {
    port: await freePort(),
    seed,
    keyOf: ({ logIndex }) => String(logIndex),
  });
  const more = ['--log-guard', join(directory, 'guard')];
  const place = { dataDir: join(directory, 'data'), port: journal.port, more };
  const server = await startProcess(place);
  const { url } = server;
  // Kept outside the server's data: what it shows later is held against what it showed first.
  const rootFile = join(directory, 'trusted-root.json');
  if (!existsSync(rootFile))
    await writeFile(rootFile, await (await fetch(`${url}/waybill/v1/trust/trusted-root`)).text());
  const anybody = stranger(url, await readFile(rootFile, 'utf8'));
  return { place, url, journal, anybody, server, log: await anybody.readLog() };
}

async function playRound(
  scene: Scene,
  { number, longestLoadMs }: { readonly number: number; readonly longestLoadMs: number },
): Promise<Round> {
  const random = new Random(scene.journal.seed, `kill ${number}`);
  const victim = random.once(10) ? 'PostgreSQL' : 'server';
  const afterMs = random.below(longestLoadMs);
  const load = startLogLoad(scene.url, `kill ${number}`, (logged) => scene.journal.promise(logged));
  await load.answered;
  await delay(afterMs);
  await kill(scene.server, victim, scene.place);
  const orders = await load.settled;
  const startToo = random.once(10);
  if (startToo) await killWhileStarting(scene.place, random.below(LONGEST_START_MS));
  const { server, restartMs } = await restart(scene.place);
  scene.server = server;
  const acknowledged = orders.flatMap(({ logged }) => logged ?? []);
  const again = await Promise.all(orders.map((order) => logAgain(scene.url, order)));
  for (const logged of again) if (logged !== null) scene.journal.promise(logged);
  const { head } = scene.log;
  scene.log = await scene.anybody.readLog(scene.log);
  await scene.anybody.assertContinues(head, scene.log.head);
  checkPromises(scene, acknowledged);
  const cutOff = orders.length - acknowledged.length;
  const logSize = scene.log.head.size;
  const counts = { acknowledged: acknowledged.length, cutOff, restartMs, logSize };
  return { kill: number, victim, since: 'first answer', afterMs, startToo, ...counts };
}

/** Each stands where it was said, under the root that the entries before it have. */
function checkPromises({ log }: Scene, promised: readonly Logged[]): void {
  for (const { body, logIndex } of promised)
    assert.equal(toBase64(log.entries[logIndex] ?? new Uint8Array()), body, `entry ${logIndex} is lost`);
  let edge = EMPTY_EDGE;
  for (const { treeSize, rootHash } of promised.toSorted((a, b) => a.treeSize - b.treeSize)) {
    const fresh = log.entries.slice(edge.size, treeSize);
    edge = growTree(edge, fresh.map(hashLeaf)).edge;
    assert.equal(edge.size, treeSize, `the log has shrunk below ${treeSize}`);
    assert.equal(toBase64(edgeRoot(edge)), rootHash, `two checkpoints of ${treeSize} entries`);
  }
}
