import { concat } from '../bytes/index.ts';
import { tlogFormatError } from './errors.ts';
import { HASH_BYTES, hashChildren } from './merkle.ts';

/** C2SP tlog-tiles.md: tiles of height 8. */
export const TILE_WIDTH = 256;
const MAX_LEVEL = 63;

/** Where a tile stands: `width` hashes (256 when full) of the tree's nodes at height `8 × level`. */
export interface TileCoordinates {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** A hash tile or an entry bundle, as a path names it. */
export type TileName =
  | ({ readonly type: 'hashes' } & TileCoordinates)
  | { readonly type: 'entries'; readonly index: number; readonly width: number };

/** `tile/0/x001/234.p/17`, `tile/entries/067`: C2SP tlog-tiles.md "Merkle Tree", relative and without prefix. */
export function formatTilePath(tile: TileName): string {
  const level = tile.type === 'hashes' ? String(tile.level) : 'entries';
  const partial = tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`;
  return `tile/${level}/${formatTileIndex(tile.index)}${partial}`;
}

function formatTileIndex(index: number): string {
  const groups = [];
  for (let rest = index, more = true; more; more = rest > 0) {
    groups.unshift(String(rest % 1000).padStart(3, '0'));
    rest = Math.floor(rest / 1000);
  }
  return groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
}

const TILE_PATH =
  /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** The one spelling that `formatTilePath` gives; anything else throws `tlog_tile_path_invalid`. */
export function parseTilePath(path: string): TileName {
  const [, level, groups, partial] = TILE_PATH.exec(path) ?? [];
  if (level === undefined || groups === undefined) throw invalidPath(path);
  const index = Number(groups.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  const tile: TileName =
    level === 'entries'
      ? { type: 'entries', index, width }
      : { type: 'hashes', level: Number(level), index, width };
  const fits = Number.isSafeInteger(index) && (tile.type === 'entries' || tile.level <= MAX_LEVEL);
  if (!fits || formatTilePath(tile) !== path) throw invalidPath(path);
  return tile;
}

function invalidPath(path: string): ReturnType<typeof tlogFormatError> {
  const shown = JSON.stringify(path.length > 80 ? `${path.slice(0, 80)}…` : path);
  return tlogFormatError(
    'tlog_tile_path_invalid',
    `not a tile: expected tile/<level>/<index>[.p/<width>] or tile/entries/<index>[.p/<width>], found ${shown}`,
  );
}

/** How many hashes of tile (level, index) a tree of `treeSize` entries has: 0 when the tile is not there yet. */
export function tileWidthAt(treeSize: number, level: number, index: number): number {
  const nodes = Math.floor(treeSize / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH));
}

/** Throws `tlog_tile_invalid` unless `bytes` are exactly `width` hashes. */
export function parseTile(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  if (bytes.length !== width * HASH_BYTES) {
    throw tlogFormatError(
      'tlog_tile_invalid',
      `tile: expected ${width} hashes of ${HASH_BYTES} bytes, found ${bytes.length} bytes`,
    );
  }
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
}

export function formatTile(hashes: readonly Uint8Array[]): Uint8Array {
  return concat(...hashes);
}

/** The inner nodes of a tile, each computed once. */
export class TileNodes {
  readonly #rows: (Uint8Array | undefined)[][];

  constructor(hashes: readonly Uint8Array[]) {
    this.#rows = [[...hashes]];
  }

  /** Node `at` of the row `height` (0 to 8) above the tile's own hashes. Throws `tlog_tile_invalid` when incomplete. */
  node(height: number, at: number): Uint8Array {
    const row = (this.#rows[height] ??= []);
    const known = row[at];
    if (known !== undefined) return known;
    if (height === 0) {
      throw tlogFormatError('tlog_tile_invalid', `tile: it holds fewer than ${at + 1} hashes`);
    }
    const node = hashChildren(this.node(height - 1, 2 * at), this.node(height - 1, 2 * at + 1));
    row[at] = node;
    return node;
  }
}

const MAX_ENTRY_BYTES = 65_535;

/** C2SP tlog-tiles.md "Log Entries": each entry after its length in two bytes. Throws `tlog_entry_invalid`. */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  return concat(...entries.flatMap((entry) => [entryLength(entry), entry]));
}

function entryLength(entry: Uint8Array): Uint8Array {
  requireEntry(entry);
  return Uint8Array.of(entry.length >> 8, entry.length & 0xff);
}

/** Throws `tlog_entry_invalid` for an entry that no bundle can hold. */
export function requireEntry(entry: Uint8Array): void {
  if (entry.length <= MAX_ENTRY_BYTES) return;
  throw tlogFormatError(
    'tlog_entry_invalid',
    `entry of ${entry.length} bytes: an entry of the log has at most ${MAX_ENTRY_BYTES}`,
  );
}

/** Exactly `width` entries, or `tlog_bundle_invalid`. */
export function parseEntryBundle(bytes: Uint8Array, width: number): readonly Uint8Array[] {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < width) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (at + 2 + length > bytes.length) throw invalidBundle('the last entry is cut off');
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (entries.length !== width) throw invalidBundle(`expected ${width} entries, found ${entries.length}`);
  if (at !== bytes.length) throw invalidBundle(`${bytes.length - at} bytes follow the last entry`);
  return entries;
}

function invalidBundle(what: string): ReturnType<typeof tlogFormatError> {
  return tlogFormatError('tlog_bundle_invalid', `entry bundle: ${what}`);
}
