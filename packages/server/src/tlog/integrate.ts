import { equalBytes, toHex } from '@waybill/core/bytes';
import {
  edgeRoot,
  edgeTiles,
  formatTile,
  type Growth,
  growTree,
  type HashTile,
  inclusionProof,
  nodesFromTiles,
  type ReadNode,
  TILE_WIDTH,
  tileWidthAt,
} from '@waybill/core/tlog';
import type { Tx } from '../ground/index.ts';
import { tlogError } from './errors.ts';
import {
  advanceHead,
  findByLeafHash,
  insertEntries,
  lockHead,
  type NewEntry,
  type SignedHead,
} from './queries.ts';
import type { EntryFacts, LogEntryReceipt } from './receipt.ts';
import { frozen, type LogContext, type LogState, raiseGuard, requireExtension } from './recover.ts';
import {
  cutIntoBundles,
  type EntryBundle,
  publishCheckpoint,
  tileKey,
  tileReader,
  writeTiles,
} from './tile-files.ts';

export interface Submission {
  readonly leaf: Uint8Array;
  readonly leafHash: Uint8Array;
  readonly facts: EntryFacts;
  readonly precertificateSignature?: Uint8Array;
}

export interface Integration {
  readonly state: LogState;
  /** A proof costs as much as half of the entry, and not every caller needs it. */
  readonly receiptOf: MakeReceipt;
}

export type MakeReceipt = (submission: Submission) => Promise<LogEntryReceipt>;

/**
 * One batch: tiles and index rows in one transaction, then the checkpoint. Whatever fails, the caller forgets its
 * state and recovers; nothing that the world has seen can be lost, and nothing that it has not seen binds us.
 */
export async function integrate(
  context: LogContext,
  state: LogState,
  batch: readonly Submission[],
  stillLeading: () => boolean,
): Promise<Integration> {
  const { blobs, origin } = context;
  const committed = await context.db.asSystem((tx) => commitBatch(context, tx, state, batch));
  if (committed.state !== state) {
    // CRASH POINT: the database is ahead of the published checkpoint. Recovery publishes what stands in the database.
    if (!stillLeading()) {
      // Another process may have gone on from our commit and published more; our checkpoint would take that back.
      throw tlogError('tlog_not_leader', `the log ${origin} is written by another process now: try again`);
    }
    await raiseGuard(context, committed.state.head);
    // CRASH POINT: the guard is ahead of the published checkpoint too. Recovery publishes.
    await publishCheckpoint(blobs, origin, committed.state.head.checkpoint);

    // CRASH POINT: everything is done but the answer. A retry finds its entry by its leaf hash.
    // A file that cannot be removed only takes room.
    await Promise.allSettled(state.replaced.map((key) => blobs.delete(key)));
  }
  return { state: committed.state, receiptOf: receiptsFrom(context, committed) };
}

interface Placed {
  readonly logIndex: number;
  readonly integratedAt: Date;
  /** The submission that got the place; undefined for an entry of an earlier batch. */
  readonly submission?: Submission;
}

interface Committed {
  /** The same object as before when the batch brought nothing new. */
  readonly state: LogState;
  readonly tiles: readonly HashTile[];
  /** By leaf hash in hex. */
  readonly placed: ReadonlyMap<string, Placed>;
}

async function commitBatch(
  context: LogContext,
  tx: Tx,
  state: LogState,
  batch: readonly Submission[],
): Promise<Committed> {
  const { origin, signer, clock } = context;
  // The row stays locked until the commit: a process that lost its leadership unnoticed writes no tile over ours.
  const [{ head: last, frozenAt }, known] = await Promise.all([
    lockHead(tx, origin),
    findByLeafHash(
      tx,
      origin,
      batch.map(({ leafHash }) => leafHash),
    ),
  ]);
  if (frozenAt !== null) throw frozen(origin);
  if (last.size !== state.head.size || !equalBytes(last.rootHash, state.head.rootHash))
    throw writtenElsewhere(origin);
  const { fresh, placed } = sortOut(context, state, batch, known);
  if (fresh.length === 0) return { state, tiles: [], placed };
  const [{ growth, bundles }] = await bothEnded(
    writeGrowth(context, state, fresh),
    insertEntries(tx, origin, fresh),
  );

  // CRASH POINT: tiles beyond the signed tree. Nobody is shown them, and the next batch of this size writes over them.
  const unsigned = { size: growth.edge.size, rootHash: edgeRoot(growth.edge) };
  await requireExtension(origin, state.head, unsigned, nodesInMemory(context, growth));
  const head = signer.signHead(unsigned, clock());
  // The commit point: what is signed is persisted before anybody sees it.
  if (!(await advanceHead(tx, origin, state.head.size, head))) throw writtenElsewhere(origin);
  const edgeEntries = bundles.at(-1)?.entries.slice(0, head.size % TILE_WIDTH) ?? [];
  const replaced = replacedPartials(origin, state.head.size, head.size);
  return { state: { edge: growth.edge, edgeEntries, head, replaced }, tiles: growth.tiles, placed };
}

/** As Promise.all, but not before both have ended: no write of a batch may land after it was given up. */
async function bothEnded<A, B>(one: Promise<A>, other: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}

function writtenElsewhere(origin: string): Error {
  return tlogError('tlog_not_leader', `the log ${origin} was written by another process: try again`);
}

type Fresh = NewEntry & { readonly submission: Submission };

/** Gives each new leaf its place; a leaf that the log has, or that stands twice in the batch, gets no second one. */
function sortOut(
  context: LogContext,
  state: LogState,
  batch: readonly Submission[],
  known: ReadonlyMap<string, Placed>,
): { readonly fresh: readonly Fresh[]; readonly placed: ReadonlyMap<string, Placed> } {
  const placed = new Map(known);
  const integratedAt = context.clock();
  const fresh: Fresh[] = [];
  for (const submission of batch) {
    const hash = toHex(submission.leafHash);
    if (placed.has(hash)) continue;
    const { leafHash, facts, precertificateSignature = null } = submission;
    const logIndex = state.head.size + fresh.length;
    const entry = { logIndex, leafHash, integratedAt, facts, precertificateSignature, submission };
    placed.set(hash, entry);
    fresh.push(entry);
  }
  return { fresh, placed };
}

async function writeGrowth(
  context: LogContext,
  state: LogState,
  fresh: readonly Fresh[],
): Promise<{ readonly growth: Growth; readonly bundles: readonly EntryBundle[] }> {
  const hashes = fresh.map(({ leafHash }) => leafHash);
  const leaves = fresh.map(({ submission }) => submission.leaf);
  const growth = growTree(state.edge, hashes);
  const bundles = cutIntoBundles(state.head.size, state.edgeEntries, leaves);
  await writeTiles(context.blobs, context.origin, { tiles: growth.tiles, bundles });
  return { growth, bundles };
}

function receiptsFrom(context: LogContext, { state, tiles, placed }: Committed): MakeReceipt {
  const readNode = nodesInMemory(context, { edge: state.edge, tiles });
  return async (submission) => {
    const entry = placed.get(toHex(submission.leafHash));
    if (entry === undefined)
      throw tlogError('tlog_unavailable', 'an entry got no place in its batch: try again');
    const duplicate = entry.submission !== submission;
    return receiptFor(context, { ...entry, body: submission.leaf, duplicate, head: state.head, readNode });
  };
}

/** Partial tiles of a tree that a later one has wider. Kept for one batch more, for readers of the earlier tree. */
function replacedPartials(origin: string, before: number, after: number): readonly string[] {
  const hashes = edgeTiles(before).map((tile) => ({ type: 'hashes', ...tile }) as const);
  const last = Math.floor(before / TILE_WIDTH);
  const entries = { type: 'entries', index: last, width: tileWidthAt(before, 0, last) } as const;
  return [...hashes, entries]
    .filter((tile) => {
      const level = tile.type === 'hashes' ? tile.level : 0;
      return tile.width > 0 && tileWidthAt(after, level, tile.index) > tile.width;
    })
    .map((tile) => tileKey(origin, tile));
}

/** Nodes of a tree from the tiles just made and its edge, the rest from the blob store. */
function nodesInMemory(context: LogContext, { edge, tiles }: Growth): ReadNode {
  const memory = new Map<string, Uint8Array>();
  for (const [level, hashes] of edge.levels.entries()) {
    memory.set(`${level}/${Math.floor(edge.size / TILE_WIDTH ** (level + 1))}`, formatTile(hashes));
  }
  for (const { level, index, hashes } of tiles) memory.set(`${level}/${index}`, formatTile(hashes));
  const stored = tileReader(context.blobs, context.origin);
  return nodesFromTiles(async (tile) => memory.get(`${tile.level}/${tile.index}`) ?? stored(tile), edge.size);
}

/** The receipt of the entry at a place of the published tree. */
export async function receiptFor(
  context: Pick<LogContext, 'origin' | 'signer'>,
  entry: {
    readonly logIndex: number;
    readonly integratedAt: Date;
    readonly body: Uint8Array;
    readonly duplicate: boolean;
    readonly head: SignedHead;
    readonly readNode: ReadNode;
  },
): Promise<LogEntryReceipt> {
  const { logIndex, head } = entry;
  return Object.freeze({
    logIndex,
    integratedTime: Math.floor(entry.integratedAt.getTime() / 1000),
    origin: context.origin,
    keyId: context.signer.keyId,
    inclusionProof: {
      logIndex,
      treeSize: head.size,
      rootHash: head.rootHash,
      hashes: await inclusionProof({ index: logIndex, treeSize: head.size }, entry.readNode),
      checkpoint: head.checkpoint,
    },
    canonicalizedBody: entry.body,
    duplicate: entry.duplicate,
  });
}
