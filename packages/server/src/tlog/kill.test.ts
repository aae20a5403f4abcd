/** kill -9 while entries are written: what was acknowledged stays, what was published is never contradicted. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import { isCoded } from '@waybill/core';
import { utf8 } from '@waybill/core/bytes';
import { createLog, createMetrics, createSeal, openDb, openFileSystem } from '../ground/index.ts';
import type { TlogDeps } from './deps.ts';
import { type LogEntryReceipt, openTlog, type Tlog, tlogMetrics } from './index.ts';
import { checkWholeLog, world } from './test-world.ts';

const CHILD = 'WAYBILL_TLOG_KILL_CHILD';
const WRITERS = 40;
const MASTER_KEY = Buffer.alloc(32, 9);

interface Order {
  readonly connection: object;
  readonly root: string;
  readonly round: number;
}

const child = process.env[CHILD];
if (child === undefined) {
  describe('tlog under kill -9', () => {
    it('keeps every acknowledged entry and every published checkpoint', killAndCheck);
  });
} else await writeUntilKilled(JSON.parse(child) as Order);

async function killAndCheck(): Promise<void> {
  const at = await world();
  const deps: TlogDeps = { ...at.deps, seal: createSeal(MASTER_KEY) };
  const given: LogEntryReceipt[] = [];
  try {
    for (let round = 0; round < 4; round++) {
      const order: Order = { connection: at.database.connection, root: at.directory.path, round };
      const writer = spawn(process.execPath, [import.meta.filename], {
        env: { ...process.env, [CHILD]: JSON.stringify(order), NODE_TEST_CONTEXT: undefined },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      given.push(...(await readUntilKill(writer, 30 + round * 45)));
      const tlog = await openAsWriter(deps, round);
      await checkWholeLog(at, tlog, given);
      await tlog.close();
    }
    assert.ok(given.length >= 300);
  } finally {
    await at.close();
  }
}

/** Receipts as they are acknowledged; kills in the midst of the batches that follow the `count`-th. */
async function readUntilKill(writer: ChildProcess, count: number): Promise<readonly LogEntryReceipt[]> {
  const given: LogEntryReceipt[] = [];
  assert.ok(writer.stdout);
  const exited = once(writer, 'exit');
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
async function openAsWriter(deps: TlogDeps, round: number): Promise<Tlog> {
  const tlog = await openTlog(deps);
  for (;;) {
    try {
      await tlog.append('rekor', utf8(`after kill ${round}`));
      return tlog;
    } catch (error) {
      if (!isCoded(error, 'tlog_not_leader')) throw error;
    }
  }
}

async function writeUntilKilled(order: Order): Promise<void> {
  const log = createLog('silent');
  const tlog = await openTlog({
    db: openDb({ connection: order.connection, log }),
    blobs: await openFileSystem({ root: order.root }),
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
    for (let at = 0; ; at++) {
      const receipt = await tlog.append('rekor', utf8(`round ${order.round} writer ${writer} entry ${at}`));
      process.stdout.write(`${serialize(receipt).toString('base64')}.\n`);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
}
