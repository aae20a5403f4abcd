/** A log over a real database and a real directory, with faults to order, and the check of everything it has shown. */
import assert from 'node:assert/strict';
import { toHex, utf8 } from '@waybill/core/bytes';
import {
  consistencyProof,
  EMPTY_EDGE,
  edgeRoot,
  growTree,
  hashLeaf,
  nodesFromTiles,
  parseEntryBundle,
  TILE_WIDTH,
  tileWidthAt,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '@waybill/core/tlog';
import { Faults, type TempDir, type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import { createLog, createMetrics, createSeal, openFileSystem } from '../ground/index.ts';
import type { TlogDeps } from './deps.ts';
import type { LogEntryReceipt, LogKind, Tlog } from './index.ts';
import { tlogMetrics } from './metrics.ts';
import { tileReader } from './tile-files.ts';

const MASTER_KEY = Buffer.alloc(32, 7);

export interface World {
  readonly deps: TlogDeps;
  readonly faults: Faults;
  readonly database: TestDatabase;
  readonly directory: TempDir;
  close(): Promise<void>;
}

export async function world(): Promise<World> {
  const [database, directory] = [await testDatabase(), await tempDir()];
  const faults = new Faults();
  const log = createLog('silent');
  const deps: TlogDeps = {
    db: faults.db(database.db),
    blobs: faults.blobs(await openFileSystem({ root: directory.path })),
    seal: createSeal(MASTER_KEY),
    clock: () => new Date(),
    log,
    metrics: tlogMetrics(createMetrics()),
    publicUrl: 'http://127.0.0.1:7070',
    instanceId: 'a1b2c3',
    place: null,
    highWater: null,
    limits: { batchWaitMs: 1 },
  };
  const close = async (): Promise<void> => {
    await database.close();
    await directory.remove();
  };
  return { deps, faults, database, directory, close };
}

let counter = 0;
export const leaves = (count: number): Uint8Array[] =>
  Array.from({ length: count }, () => utf8(`entry ${counter++}`));

export const appendAll = (
  tlog: Tlog,
  entries: readonly Uint8Array[],
  kind: LogKind = 'rekor',
): Promise<LogEntryReceipt[]> => Promise.all(entries.map((leaf) => tlog.append(kind, leaf)));

/** Many receipts share one checkpoint, and its post-quantum signature is slow to verify. */
const verified = new Map<string, ReturnType<typeof verifyCheckpoint>>();

export function verifyReceipt(tlog: Tlog, receipt: LogEntryReceipt, kind: LogKind = 'rekor'): void {
  const { inclusionProof: proof, canonicalizedBody } = receipt;
  const { origin, noteKeys } = tlog.describe(kind);
  const checkpoint =
    verified.get(proof.checkpoint) ?? verifyCheckpoint(proof.checkpoint, { origin, keys: noteKeys });
  verified.set(proof.checkpoint, checkpoint);
  assert.equal(checkpoint.signedBy.length, noteKeys.length);
  assert.equal(checkpoint.size, proof.treeSize);
  assert.deepEqual(checkpoint.rootHash, proof.rootHash);
  verifyInclusion({
    leafHash: hashLeaf(canonicalizedBody),
    index: receipt.logIndex,
    treeSize: proof.treeSize,
    rootHash: checkpoint.rootHash,
    proof: proof.hashes,
  });
}

/** Rebuilds the tree from what anybody can read, and holds every receipt ever given against it. */
export async function checkWholeLog(
  { deps, database }: World,
  tlog: Tlog,
  receipts: readonly LogEntryReceipt[],
  kind: LogKind = 'rekor',
): Promise<number> {
  const { origin, noteKeys } = tlog.describe(kind);
  const published = verifyCheckpoint((await tlog.published(kind).head()).checkpoint, {
    origin,
    keys: noteKeys,
  });
  assert.equal(
    (await tlog.published(kind).head()).checkpoint,
    Buffer.from(await deps.blobs.read(`tlog/${origin}/checkpoint`)).toString(),
  );
  const entries: Uint8Array[] = [];
  for (let index = 0; index * TILE_WIDTH < published.size; index++) {
    const width = tileWidthAt(published.size, 0, index);
    const bundle = await tlog.published(kind).readTile({ type: 'entries', index, width });
    entries.push(...parseEntryBundle(bundle, width));
  }
  const { edge } = growTree(EMPTY_EDGE, entries.map(hashLeaf));
  assert.equal(edge.size, published.size);
  assert.deepEqual(edgeRoot(edge), published.rootHash);
  const { rows } = await database.db.asSystem((tx) =>
    sql<{
      leaf_hash: Uint8Array;
    }>`select leaf_hash from tlog_entries where origin = ${origin} order by log_index`.execute(tx),
  );
  assert.deepEqual(
    rows.map((row) => toHex(row.leaf_hash)),
    entries.map((entry) => toHex(hashLeaf(entry))),
  );
  const readNode = nodesFromTiles(tileReader(deps.blobs, origin), published.size);
  for (const receipt of receipts) {
    verifyReceipt(tlog, receipt, kind);
    assert.deepEqual(Buffer.from(entries[receipt.logIndex] ?? []), Buffer.from(receipt.canonicalizedBody));
  }
  const heads = new Map(
    receipts.map(({ inclusionProof }) => [inclusionProof.treeSize, inclusionProof.rootHash]),
  );
  for (const [size1, root1] of heads) {
    const proof = await consistencyProof({ size1, size2: published.size }, readNode);
    verifyConsistency({ size1, size2: published.size, root1, root2: published.rootHash, proof });
  }
  return published.size;
}
