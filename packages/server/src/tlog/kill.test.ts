/** kill -9 a hundred times while both logs are written: what was acknowledged stays, what was published is never contradicted. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it } from 'node:test';
import { deserialize } from 'node:v8';
import { toHex } from '@waybill/core/bytes';
import { verifySignature } from '@waybill/core/crypto';
import { hashLeaf } from '@waybill/core/tlog';
import { tempDir } from '@waybill/testkit';
import { checkData } from '../../../../tools/fsck/check-data.ts';
import { bundleProgram } from '../../../../tools/torture/bundle.ts';
import { createSeal } from '../ground/index.ts';
import type { TlogDeps } from './deps.ts';
import { type LogEntryReceipt, type LogKind, openTlog, type Tlog } from './index.ts';
import type { Acknowledged, Order } from './test-kill-writer.ts';
import { checkWholeLog, type World, world } from './test-world.ts';

const KILLS = 100;
/** A round takes a fifth of a second on a quiet machine; one that is busy gets fewer, and says so. */
const WITHIN_MS = 50_000;
const LEAST_KILLS = 20;
/** Both logs are held against all that was acknowledged so often, and at the end. */
const CHECK_EVERY = 25;
/** Kills come after as many acknowledgements as these, in turn: before the first batch is whole, and in the midst of later ones. */
const MOMENTS = [1, 2, 5, 16, 17, 33, 60];
const WRITER = join(import.meta.dirname, 'test-kill-writer.ts');
const MASTER_KEY = Buffer.alloc(32, 9);

describe('tlog under kill -9', () => {
  it('keeps every acknowledged entry, every SCT and every published checkpoint', async (t) => {
    const at = await world();
    await using programs = await tempDir();
    try {
      const startedMs = performance.now();
      const { given, rounds } = await killAgainAndAgain(at, await bundleProgram(WRITER, programs.path));
      t.diagnostic(`${rounds} kills in ${Math.round(performance.now() - startedMs)} ms`);
      for (const [what, count] of Object.entries(countsOf(given))) {
        t.diagnostic(`${count} ${what}`);
        assert.ok(count >= rounds / 2, `${count} ${what}`);
      }
    } finally {
      await at.close();
    }
  });
});

function countsOf(given: readonly Acknowledged[]): Readonly<Record<string, number>> {
  return {
    signatures: receiptsOf(given, 'rekor').length,
    SCTs: given.filter(({ type }) => type === 'sct').length,
  };
}

async function killAgainAndAgain(
  at: World,
  program: string,
): Promise<{ readonly given: readonly Acknowledged[]; readonly rounds: number }> {
  const deps: TlogDeps = { ...at.deps, seal: createSeal(MASTER_KEY) };
  const order: Order = {
    connection: at.database.connection,
    root: at.directory.path,
    masterKey: MASTER_KEY.toString('base64'),
  };
  const startedMs = performance.now();
  const given: Acknowledged[] = [];
  let rounds = 0;
  // The next one loads its program while this one writes.
  let next = launch(program, order);
  try {
    for (; rounds < KILLS && (rounds < LEAST_KILLS || performance.now() - startedMs < WITHIN_MS); rounds++) {
      const writer = next;
      next = launch(program, order);
      given.push(...(await readUntilKill(writer, MOMENTS[rounds % MOMENTS.length] ?? 1)));
      if (rounds % CHECK_EVERY === CHECK_EVERY - 1) await checkAll({ ...at, deps }, given);
    }
  } finally {
    next.kill('SIGKILL');
  }
  await checkAll({ ...at, deps }, given);
  return { given, rounds };
}

/** By our own reader, and by fsck, which shares nothing with the log. */
async function checkAll(at: World, given: readonly Acknowledged[]): Promise<void> {
  const tlog = await openAsWriter(at.deps);
  for (const kind of ['rekor', 'ct'] as const) {
    const receipts = receiptsOf(given, kind);
    requireOneRootPerSize(receipts);
    await checkWholeLog(at, tlog, receipts, kind);
  }
  await checkScts(tlog, given);
  await tlog.close();
  const { connection } = at.database;
  const seal = createSeal(MASTER_KEY);
  const logs = await checkData({ connection, blobsDir: at.directory.path, seal });
  assert.equal(logs.length, 2);
  for (const log of logs) assert.deepEqual(log.findings, []);
}

const receiptsOf = (given: readonly Acknowledged[], kind: LogKind): readonly LogEntryReceipt[] =>
  given.flatMap((line) => (line.type === 'receipt' && line.kind === kind ? [line.receipt] : []));

function requireOneRootPerSize(receipts: readonly LogEntryReceipt[]): void {
  const roots = new Map<number, string>();
  for (const { inclusionProof: head } of receipts) {
    const root = toHex(head.rootHash);
    assert.equal(roots.get(head.treeSize) ?? root, root, `two checkpoints of ${head.treeSize} entries`);
    roots.set(head.treeSize, root);
  }
}

/** RFC 6962 §3.2: what an SCT signs has the bytes of the leaf; before the signature stand 47 octets. */
async function checkScts(tlog: Tlog, given: readonly Acknowledged[]): Promise<void> {
  const log = tlog.published('ct');
  for (const line of given) {
    if (line.type !== 'sct') continue;
    assert.ok(verifySignature(log.publicKey, line.leaf, line.sct.subarray(47), 'sha256'));
    await log.findLeaf(hashLeaf(line.leaf));
  }
}

function launch(program: string, order: Order): ChildProcess {
  return spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** What is acknowledged, line by line; kills in the midst of the batches that follow the `count`-th. */
async function readUntilKill(writer: ChildProcess, count: number): Promise<readonly Acknowledged[]> {
  const given: Acknowledged[] = [];
  assert.ok(writer.stdout);
  const exited = once(writer, 'exit');
  writer.stdin?.end('go\n');
  for await (const line of createInterface({ input: writer.stdout })) {
    // The line that the kill cuts was not acknowledged.
    if (!line.endsWith('.')) break;
    given.push(deserialize(Buffer.from(line.slice(0, -1), 'base64')) as Acknowledged);
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
