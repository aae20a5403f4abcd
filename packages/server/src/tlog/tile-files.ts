/** Tiles and entry bundles of a log in the blob store, and its published checkpoint. */
import { isCoded } from '@waybill/core';
import { fromUtf8, utf8 } from '@waybill/core/bytes';
import {
  formatEntryBundle,
  formatTile,
  formatTilePath,
  type HashTile,
  parseEntryBundle,
  parseTile,
  type ReadTile,
  TILE_WIDTH,
  type TileName,
  tileWidthAt,
  verifyCheckpoint,
} from '@waybill/core/tlog';
import type { BlobDriver } from '../ground/index.ts';
import { tlogError } from './errors.ts';
import type { LogSigner } from './log-keys.ts';
import type { SignedHead } from './queries.ts';

export interface EntryBundle {
  readonly index: number;
  readonly entries: readonly Uint8Array[];
}

export const tileKey = (origin: string, tile: TileName): string => `tlog/${origin}/${formatTilePath(tile)}`;

export const checkpointKey = (origin: string): string => `tlog/${origin}/checkpoint`;

/** Bundles of the entries that follow `edgeEntries`, the ones of the bundle that is not full yet. */
export function cutIntoBundles(
  size: number,
  edgeEntries: readonly Uint8Array[],
  fresh: readonly Uint8Array[],
): readonly EntryBundle[] {
  const entries = [...edgeEntries, ...fresh];
  const first = Math.floor(size / TILE_WIDTH);
  return Array.from({ length: Math.ceil(entries.length / TILE_WIDTH) }, (_, at) => ({
    index: first + at,
    entries: entries.slice(at * TILE_WIDTH, (at + 1) * TILE_WIDTH),
  }));
}

/** Writes durably. When one write fails, it still waits for the others: none may land on what a retry has written. */
export async function writeTiles(
  blobs: BlobDriver,
  origin: string,
  written: { readonly tiles: readonly HashTile[]; readonly bundles: readonly EntryBundle[] },
): Promise<void> {
  const files: readonly (readonly [TileName, Uint8Array])[] = [
    ...written.bundles.map(
      ({ index, entries }) =>
        [{ type: 'entries', index, width: entries.length }, formatEntryBundle(entries)] as const,
    ),
    ...written.tiles.map((tile) => [{ type: 'hashes', ...tile }, formatTile(tile.hashes)] as const),
  ];
  const results = await Promise.allSettled(
    files.map(([tile, bytes]) => blobs.replace(tileKey(origin, tile), bytes)),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

export function tileReader(blobs: BlobDriver, origin: string): ReadTile {
  return (tile) => blobs.read(tileKey(origin, { type: 'hashes', ...tile }));
}

/** The entries of the bundle that holds entry `index`, as a log of `size` entries has it. */
export async function readBundle(
  blobs: BlobDriver,
  origin: string,
  at: { readonly index: number; readonly size: number },
): Promise<readonly Uint8Array[]> {
  const width = tileWidthAt(at.size, 0, at.index);
  if (width === 0) return [];
  return parseEntryBundle(
    await blobs.read(tileKey(origin, { type: 'entries', index: at.index, width })),
    width,
  );
}

/**
 * A tile as the published tree has it. A narrower one is cut from the widest: a file of just that width may have
 * been left by a batch that never was committed, and must not be shown. Throws `tlog_tile_not_found`.
 */
export async function readPublishedTile(
  blobs: BlobDriver,
  origin: string,
  wanted: { readonly tile: TileName; readonly size: number },
): Promise<Uint8Array> {
  const { tile, size } = wanted;
  const width = tileWidthAt(size, tile.type === 'hashes' ? tile.level : 0, tile.index);
  if (tile.width > width) {
    throw tlogError('tlog_tile_not_found', `the log of ${size} entries has no ${formatTilePath(tile)} yet`);
  }
  const bytes = await blobs.read(tileKey(origin, { ...tile, width }));
  if (tile.width === width) return bytes;
  return tile.type === 'hashes'
    ? formatTile(parseTile(bytes, width).slice(0, tile.width))
    : formatEntryBundle(parseEntryBundle(bytes, width).slice(0, tile.width));
}

export async function publishCheckpoint(
  blobs: BlobDriver,
  origin: string,
  checkpoint: string,
): Promise<void> {
  await blobs.replace(checkpointKey(origin), utf8(checkpoint));
}

/** The checkpoint that the world sees, with the log's own signatures verified; null before the first one. */
export async function readPublished(
  blobs: BlobDriver,
  origin: string,
  signer: LogSigner,
): Promise<SignedHead | null> {
  const bytes = await readOrNull(blobs, checkpointKey(origin));
  if (bytes === null) return null;
  const { size, rootHash } = verifyCheckpoint(bytes, { origin, keys: signer.noteKeys });
  return { size, rootHash, checkpoint: fromUtf8(bytes) };
}

async function readOrNull(blobs: BlobDriver, key: string): Promise<Uint8Array | null> {
  try {
    return await blobs.read(key);
  } catch (error) {
    if (isCoded(error, 'blob_not_found')) return null;
    throw error;
  }
}
