/** What anybody may read of one log: of the one that takes entries as of those that are frozen. */
import { isCoded } from '@waybill/core';
import type { KeyObject } from '@waybill/core/crypto';
import {
  consistencyProof,
  inclusionProof,
  type NoteKey,
  nodesFromTiles,
  type ReadNode,
  TILE_WIDTH,
  type TileName,
  treeRoot,
} from '@waybill/core/tlog';
import type { BlobDriver, Db } from '../ground/index.ts';
import { tlogError } from './errors.ts';
import { receiptFor } from './integrate.ts';
import type { LogSigner } from './log-keys.ts';
import {
  type EntryRow,
  findByLeafHash,
  findEntries,
  findEntry,
  type SignedHead,
  searchEntries,
} from './queries.ts';
import type { EntryFacts, LogEntryReceipt, LogKind } from './receipt.ts';
import { readBundle, readPublishedTile, tileReader } from './tile-files.ts';

/** What the world must know of a log to verify it. */
export interface LogDescription {
  readonly kind: LogKind;
  /** Name of the checkpoints; a hostname. */
  readonly origin: string;
  readonly publicKey: KeyObject;
  /** Of the trusted root: C2SP key id (rekor), RFC 6962 LogID (ct). 32 bytes. */
  readonly keyId: Uint8Array;
  /** Keys of all the signature lines of its checkpoints. */
  readonly noteKeys: readonly NoteKey[];
  readonly startedAt: Date;
}

export interface FoundEntry {
  readonly logIndex: number;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  readonly leafHash: Uint8Array;
  readonly facts: EntryFacts;
}

export interface StoredEntry {
  readonly logIndex: number;
  readonly body: Uint8Array;
  /** By the authority, over the precertificate; null for an entry that is none. */
  readonly precertificateSignature: Uint8Array | null;
}

/** Hashes that join two trees, or an entry and a tree; `checkpoint` is the published one, for what it covers. */
export interface ProofAnswer {
  readonly rootHash: Uint8Array;
  readonly hashes: readonly Uint8Array[];
  readonly head: SignedHead;
}

export interface PublishedLog extends LogDescription {
  /** Since when it takes no entries; null: it takes them. */
  readonly frozenAt: Date | null;
  /** The published checkpoint. Throws `tlog_unavailable` before the first. */
  head(): Promise<SignedHead>;
  /** Bytes of a tile or entry bundle within the published tree. Throws `tlog_tile_not_found`. */
  readTile(tile: TileName): Promise<Uint8Array>;
  /** From `start` on, up to `end` (included) or to the end of its bundle. Throws `tlog_entry_not_found`. */
  readEntries(at: { readonly start: number; readonly end: number }): Promise<readonly StoredEntry[]>;
  /** Throws `tlog_entry_not_found`. */
  receiptAt(logIndex: number): Promise<LogEntryReceipt>;
  /** Throws `tlog_entry_not_found`. */
  findLeaf(leafHash: Uint8Array): Promise<FoundEntry>;
  /** In the tree of `treeSize` entries, the published one when left out. Throws `tlog_range_invalid`. */
  proveInclusion(at: { readonly index: number; readonly treeSize?: number }): Promise<ProofAnswer>;
  /** From the tree of `from` entries to that of `to`, the published one when left out. Throws `tlog_range_invalid`. */
  proveConsistency(at: { readonly from: number; readonly to?: number }): Promise<ProofAnswer>;
  /** Newest first, at most `limit`. */
  search(wanted: {
    readonly facts: EntryFacts;
    readonly before?: number;
    readonly limit: number;
  }): Promise<readonly FoundEntry[]>;
}

interface Source {
  readonly db: Db;
  readonly blobs: BlobDriver;
  readonly signer: LogSigner;
  readonly kind: LogKind;
  readonly origin: string;
  readonly createdAt: Date;
  readonly frozenAt: Date | null;
  readonly head: () => Promise<SignedHead>;
}

export function publishedLog(source: Source): PublishedLog {
  const { db, origin, kind, createdAt, frozenAt, signer } = source;
  const { publicKey, keyId, noteKeys } = signer;
  return Object.freeze({
    kind,
    origin,
    publicKey,
    keyId,
    noteKeys,
    startedAt: createdAt,
    frozenAt,
    head: source.head,
    readTile: (tile: TileName) =>
      withHead(source, ({ size }) => readPublishedTile(source.blobs, origin, { tile, size })),
    readEntries: (at: { readonly start: number; readonly end: number }) => readEntries(source, at),
    receiptAt: (logIndex: number) => receiptAt(source, logIndex),
    findLeaf: (leafHash: Uint8Array) => findLeaf(source, leafHash),
    proveInclusion: (at: { readonly index: number; readonly treeSize?: number }) =>
      prove(source, at.treeSize, (treeSize, readNode) =>
        inclusionProof({ index: at.index, treeSize }, readNode),
      ),
    proveConsistency: (at: { readonly from: number; readonly to?: number }) =>
      prove(source, at.to, (size2, readNode) => consistencyProof({ size1: at.from, size2 }, readNode)),
    async search(wanted: Parameters<PublishedLog['search']>[0]) {
      const rows = await db.asSystem((tx) => searchEntries(tx, origin, { before: null, ...wanted }));
      return rows.map(foundEntry);
    },
  });
}

/** Throws `tlog_log_not_found`. */
export function logNamed(logs: readonly PublishedLog[], origin: string): PublishedLog {
  const found = logs.find((log) => log.origin === origin);
  if (found) return found;
  throw tlogError(
    'tlog_log_not_found',
    `there is no log ${JSON.stringify(origin)}: GET /waybill/v1/log/shards lists them`,
  );
}

async function prove(
  source: Source,
  size: number | undefined,
  proof: (size: number, readNode: ReadNode) => Promise<readonly Uint8Array[]>,
): Promise<ProofAnswer> {
  const { blobs, origin } = source;
  return withHead(source, async (head) => {
    const treeSize = size ?? head.size;
    if (treeSize > head.size) {
      throw tlogError(
        'tlog_range_invalid',
        `the log ${origin} has ${head.size} entries: there is no tree of ${treeSize} yet`,
      );
    }
    const readNode = nodesFromTiles(tileReader(blobs, origin), head.size);
    const [rootHash, hashes] = await Promise.all([treeRoot(treeSize, readNode), proof(treeSize, readNode)]);
    return { rootHash, hashes, head };
  });
}

async function receiptAt(source: Source, logIndex: number): Promise<LogEntryReceipt> {
  const { db, blobs, origin } = source;
  const row = await db.asSystem((tx) => findEntry(tx, origin, logIndex));
  return withHead(source, async (head) => {
    if (row === undefined) throw noEntry(origin, logIndex);
    const [body] = await readBodies(source, head, { start: logIndex, end: logIndex });
    if (body === undefined) throw tlogError('tlog_bundle_invalid', `the stored entry ${logIndex} is missing`);
    const readNode = nodesFromTiles(tileReader(blobs, origin), head.size);
    return receiptFor(source, { ...row, body, duplicate: true, head, readNode });
  });
}

async function readEntries(
  source: Source,
  at: { readonly start: number; readonly end: number },
): Promise<readonly StoredEntry[]> {
  const { db, origin } = source;
  const bodies = await withHead(source, (head) => readBodies(source, head, at));
  const rows = await db.asSystem((tx) =>
    findEntries(tx, origin, { from: at.start, to: at.start + bodies.length }),
  );
  return bodies.map((body, offset) => {
    const logIndex = at.start + offset;
    return { logIndex, body, precertificateSignature: rows.get(logIndex)?.precertificateSignature ?? null };
  });
}

/** Of the bundle in which `start` lies. */
async function readBodies(
  { blobs, origin }: Source,
  { size }: SignedHead,
  { start, end }: { readonly start: number; readonly end: number },
): Promise<readonly Uint8Array[]> {
  if (start >= size) throw noEntry(origin, start);
  const index = Math.floor(start / TILE_WIDTH);
  const bundle = await readBundle(blobs, origin, { index, size });
  return bundle.slice(start - index * TILE_WIDTH, end - index * TILE_WIDTH + 1);
}

async function findLeaf(source: Source, leafHash: Uint8Array): Promise<FoundEntry> {
  const { db, origin } = source;
  const rows = await db.asSystem((tx) => findByLeafHash(tx, origin, [leafHash]));
  const { size } = await source.head();
  const [row] = rows.values();
  // What is committed but not published yet has no proof.
  if (row !== undefined && row.logIndex < size) return foundEntry(row);
  throw tlogError('tlog_entry_not_found', `the log ${origin} has no entry with this leaf hash`);
}

/** Partial tiles are removed two batches after a wider one stands: a reader that slow starts again with the newest head. */
async function withHead<T>(source: Source, read: (head: SignedHead) => Promise<T>): Promise<T> {
  try {
    return await read(await source.head());
  } catch (error) {
    if (!isCoded(error, 'blob_not_found')) throw error;
    return read(await source.head());
  }
}

function noEntry(origin: string, logIndex: number): Error {
  return tlogError('tlog_entry_not_found', `the log ${origin} has no entry ${logIndex}`);
}

function foundEntry({ logIndex, integratedAt, leafHash, facts }: EntryRow): FoundEntry {
  return { logIndex, integratedTime: Math.floor(integratedAt.getTime() / 1000), leafHash, facts };
}
