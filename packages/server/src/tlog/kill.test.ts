/** kill -9 a hundred times while entries are written: what was acknowledged stays, what was published is never contradicted. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import { toHex, utf8 } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';
import type { HashedRekord } from '@waybill/core/tlog';
import { checkData } from '../../../../tools/fsck/check-data.ts';
import { createLog, createMetrics, createSeal, openDb, openFileSystem } from '../ground/index.ts';
import type { TlogDeps } from './deps.ts';
import { type LogEntryReceipt, openTlog, type Tlog, tlogMetrics } from './index.ts';
import { checkWholeLog, type World, world } from './test-world.ts';

const CHILD = 'WAYBILL_TLOG_KILL_CHILD';
const KILLS = 100;
/** A round takes a fifth of a second on a quiet machine; one that is busy gets fewer, and says so. */
const WITHIN_MS = 50_000;
const LEAST_KILLS = 20;
/** The whole log is held against every receipt so often, and at the end. */
const CHECK_EVERY = 25;
const WRITERS = 24;
/** Kills come after as many acknowledgements as these, in turn: before the first batch is whole, and in the midst of later ones. */
const MOMENTS = [1, 2, 5, 16, 17, 33, 60];
const MASTER_KEY = Buffer.alloc(32, 9);

interface Order {
  readonly connection: object;
  readonly root: string;
}

const child = process.env[CHILD];
if (child === undefined) {
  describe('tlog under kill -9', () => {
    it('keeps every acknowledged entry and every published checkpoint', async (t) => {
      const at = await world();
      try {
        const given = await killAgainAndAgain(at, (rounds) => t.diagnostic(`${rounds} kills`));
        assert.ok(given.length >= 100, `${given.length} receipts`);
      } finally {
        await at.close();
      }
    });
  });
} else await writeUntilKilled(JSON.parse(child) as Order);

async function killAgainAndAgain(
  at: World,
  done: (rounds: number) => void,
): Promise<readonly LogEntryReceipt[]> {
  const deps: TlogDeps = { ...at.deps, seal: createSeal(MASTER_KEY) };
  const order: Order = { connection: at.database.connection, root: at.directory.path };
  const startedMs = performance.now();
  const given: LogEntryReceipt[] = [];
  let round = 0;
  // The next one loads its program while this one writes.
  let next = launch(order);
  try {
    for (; round < KILLS && (round < LEAST_KILLS || performance.now() - startedMs < WITHIN_MS); round++) {
      const writer = next;
      next = launch(order);
      given.push(...(await readUntilKill(writer, MOMENTS[round % MOMENTS.length] ?? 1)));
      if (round % CHECK_EVERY === CHECK_EVERY - 1) await checkAll({ ...at, deps }, given);
    }
  } finally {
    next.kill('SIGKILL');
  }
  await checkAll({ ...at, deps }, given);
  done(round);
  return given;
}

/** By our own reader, and by fsck, which shares nothing with the log. */
async function checkAll(at: World, given: readonly LogEntryReceipt[]): Promise<void> {
  const roots = new Map<number, string>();
  for (const { inclusionProof: head } of given) {
    const root = toHex(head.rootHash);
    assert.equal(roots.get(head.treeSize) ?? root, root, `two checkpoints of ${head.treeSize} entries`);
    roots.set(head.treeSize, root);
  }
  const tlog = await openAsWriter(at.deps);
  await checkWholeLog(at, tlog, given);
  await tlog.close();
  const { connection } = at.database;
  const seal = createSeal(MASTER_KEY);
  for (const log of await checkData({ connection, blobsDir: at.directory.path, seal }))
    assert.deepEqual(log.findings, []);
}

function launch(order: Order): ChildProcess {
  return spawn(process.execPath, [import.meta.filename], {
    env: { ...process.env, [CHILD]: JSON.stringify(order), NODE_TEST_CONTEXT: undefined },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

/** Receipts as they are acknowledged; kills in the midst of the batches that follow the `count`-th. */
async function readUntilKill(writer: ChildProcess, count: number): Promise<readonly LogEntryReceipt[]> {
  const given: LogEntryReceipt[] = [];
  assert.ok(writer.stdout);
  const exited = once(writer, 'exit');
  writer.stdin?.end('go\n');
  for await (const line of createInterface({ input: writer.stdout })) {
    // The line that the kill cuts was not acknowledged.
    if (!line.endsWith('.')) break;
    given.push(deserialize(Buffer.from(line.slice(0, -1), 'base64')) as LogEntryReceipt);
    if (given.length === count) writer.kill('SIGKILL');
  }
  const [, signal] = (await exited) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL');
  return given;
}

/** The database frees the lock of the killed process as soon as it notices that its connection is gone. */
async function openAsWriter(deps: TlogDeps): Promise<Tlog> {
  const tlog = await openTlog(deps);
  for (;;) if ((await tlog.role('rekor')) === 'writer' && (await tlog.role('ct')) === 'writer') return tlog;
}

async function writeUntilKilled(order: Order): Promise<void> {
  const log = createLog('silent');
  await once(process.stdin, 'data');
  const blobs = await openFileSystem({ root: order.root });
  const tlog = await openAsWriter({
    db: openDb({ connection: order.connection, log }),
    blobs,
    seal: createSeal(MASTER_KEY),
    clock: () => new Date(),
    log,
    metrics: tlogMetrics(createMetrics()),
    publicUrl: 'http://127.0.0.1:7070',
    instanceId: 'kill',
    place: null,
    highWater: null,
    limits: { batchWaitMs: 0, batchEntries: 16 },
  });
  const write = async (writer: number): Promise<never> => {
    for (let turn = 0; ; turn++) {
      const receipt = await tlog.appendHashedRekord(rekordOf(`${process.pid} ${writer} ${turn}`));
      process.stdout.write(`${serialize(receipt).toString('base64')}.\n`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
}

function rekordOf(text: string): HashedRekord {
  return {
    digest: sha256(utf8(text)),
    signature: utf8(`signature ${text}`),
    verifier: { publicKey: utf8('key') },
    keyDetails: 'PKIX_ECDSA_P256_SHA_256',
  };
}
