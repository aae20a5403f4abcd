/** A log over a real database and a real directory, with faults to order, and the check of everything it has shown. */
import assert from 'node:assert/strict';
import { CodedError } from '@waybill/core';
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
import { type TempDir, type TestDatabase, tempDir, testDatabase } from '@waybill/testkit';
import { sql } from 'kysely';
import {
  type BlobDriver,
  createLog,
  createMetrics,
  createSeal,
  type Db,
  openFileSystem,
} from '../ground/index.ts';
import type { TlogDeps } from './deps.ts';
import type { LogEntryReceipt, LogKind, Tlog } from './index.ts';
import { tlogMetrics } from './metrics.ts';
import { tileReader } from './tile-files.ts';

/** Fails the n-th write of database or blob store, before it happens or after it is durable. */
class Faults {
  #countdown = 0;
  #mode: 'before' | 'after' = 'before';
  hit = false;

  plan(nth: number, mode: 'before' | 'after'): void {
    this.#countdown = nth;
    this.#mode = mode;
    this.hit = false;
  }

  async around<T>(what: string, write: () => Promise<T>): Promise<T> {
    const now = this.#countdown > 0 && --this.#countdown === 0;
    if (!now) return write();
    this.hit = true;
    if (this.#mode === 'after') await write();
    throw new CodedError('test_fault', `${what} failed ${this.#mode} it was done`);
  }

  db(real: Db): Db {
    return { ...real, asSystem: (work) => this.around('transaction', () => real.asSystem(work)) };
  }

  blobs(real: BlobDriver): BlobDriver {
    const faulty: Pick<BlobDriver, 'replace' | 'delete'> = {
      replace: (key, bytes) => this.around(`replace ${key}`, () => real.replace(key, bytes)),
      delete: (key) => this.around(`delete ${key}`, () => real.delete(key)),
    };
    return { ...passThrough(real), ...faulty };
  }
}

/** The driver's methods as an object that can be spread. */
function passThrough(real: BlobDriver): BlobDriver {
  return {
    put: (key, source, options) => real.put(key, source, options),
    replace: (key, bytes) => real.replace(key, bytes),
    open: (key, range) => real.open(key, range),
    read: (key) => real.read(key),
    stat: (key) => real.stat(key),
    delete: (key) => real.delete(key),
    append: (key, source, options) => real.append(key, source, options),
    rename: (from, to) => real.rename(from, to),
    list: (prefix) => real.list(prefix),
    ping: () => real.ping(),
  };
}

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
  const published = verifyCheckpoint(await tlog.checkpoint(kind), { origin, keys: noteKeys });
  assert.equal(
    await tlog.checkpoint(kind),
    Buffer.from(await deps.blobs.read(`tlog/${origin}/checkpoint`)).toString(),
  );
  const entries: Uint8Array[] = [];
  for (let index = 0; index * TILE_WIDTH < published.size; index++) {
    const width = tileWidthAt(published.size, 0, index);
    const bundle = await tlog.readTile(kind, { type: 'entries', index, width });
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
