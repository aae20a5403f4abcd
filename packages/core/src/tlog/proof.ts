import { tlogFormatError } from './errors.ts';
import { EMPTY_ROOT, hashChildren } from './merkle.ts';
import { parseTile, TILE_WIDTH, type TileCoordinates, TileNodes, tileWidthAt } from './tile.ts';

/** The hash of the complete subtree of 2^level leaves that starts at leaf `index × 2^level`. */
export type ReadNode = (level: number, index: number) => Promise<Uint8Array>;

/** The bytes of a hash tile, at least as wide as asked for (a wider one may have replaced it). */
export type ReadTile = (tile: TileCoordinates) => Promise<Uint8Array>;

/** Nodes of a tree of `treeSize` entries out of its tiles, each tile read once. */
export function nodesFromTiles(readTile: ReadTile, treeSize: number): ReadNode {
  const tiles = new Map<string, Promise<TileNodes>>();
  const open = async (level: number, index: number): Promise<TileNodes> => {
    const width = tileWidthAt(treeSize, level, index);
    const bytes = await readTile({ level, index, width });
    return new TileNodes(parseTile(bytes, width));
  };
  return async (level, index) => {
    const at = locateNode(level, index);
    const key = `${at.tileLevel}/${at.tileIndex}`;
    const tile = tiles.get(key) ?? open(at.tileLevel, at.tileIndex);
    tiles.set(key, tile);
    return (await tile).node(at.height, at.offset);
  };
}

/** In which tile a node stands, how high above the tile's own hashes, and at which place of that row. */
export function locateNode(
  level: number,
  index: number,
): {
  readonly tileLevel: number;
  readonly tileIndex: number;
  readonly height: number;
  readonly offset: number;
} {
  const tileLevel = Math.floor(level / 8);
  const height = level % 8;
  const perTile = TILE_WIDTH / 2 ** height;
  return { tileLevel, tileIndex: Math.floor(index / perTile), height, offset: index % perTile };
}

/** RFC 6962 §2.1 MTH of the first `treeSize` entries. */
export async function treeRoot(treeSize: number, readNode: ReadNode): Promise<Uint8Array> {
  return treeSize === 0 ? EMPTY_ROOT : hashRange(0, treeSize, readNode);
}

/** RFC 6962 §2.1.1 PATH(index, D[treeSize]), from the leaf upwards. Throws `tlog_range_invalid`. */
export async function inclusionProof(
  at: { readonly index: number; readonly treeSize: number },
  readNode: ReadNode,
): Promise<readonly Uint8Array[]> {
  const { index, treeSize } = at;
  if (!Number.isSafeInteger(index) || index < 0 || index >= treeSize) {
    throw tlogFormatError('tlog_range_invalid', `no entry ${index} in a tree of ${treeSize} entries`);
  }
  const siblings: Promise<Uint8Array>[] = [];
  let start = 0;
  let end = treeSize;
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    const left = index < middle;
    siblings.unshift(left ? hashRange(middle, end, readNode) : hashRange(start, middle, readNode));
    if (left) end = middle;
    else start = middle;
  }
  return Promise.all(siblings);
}

/** RFC 6962 §2.1.2 PROOF(size1, D[size2]). Throws `tlog_range_invalid`. */
export async function consistencyProof(
  at: { readonly size1: number; readonly size2: number },
  readNode: ReadNode,
): Promise<readonly Uint8Array[]> {
  const { size1, size2 } = at;
  if (!Number.isSafeInteger(size1) || size1 < 1 || size1 > size2) {
    throw tlogFormatError('tlog_range_invalid', `no consistency proof from size ${size1} to size ${size2}`);
  }
  const nodes: Promise<Uint8Array>[] = [];
  let start = 0;
  let end = size2;
  while (end !== size1) {
    const middle = start + splitOf(end - start);
    const left = size1 <= middle;
    nodes.unshift(left ? hashRange(middle, end, readNode) : hashRange(start, middle, readNode));
    if (left) end = middle;
    else start = middle;
  }
  // What is left, [start, size1), the verifier knows only when it is the whole first tree.
  if (start > 0) nodes.unshift(hashRange(start, size1, readNode));
  return Promise.all(nodes);
}

async function hashRange(start: number, end: number, readNode: ReadNode): Promise<Uint8Array> {
  const size = end - start;
  const level = Math.log2(size);
  if (Number.isInteger(level)) return readNode(level, start / size);
  const middle = start + splitOf(size);
  const [left, right] = await Promise.all([
    hashRange(start, middle, readNode),
    hashRange(middle, end, readNode),
  ]);
  return hashChildren(left, right);
}

/** The largest power of two smaller than `size`. */
export function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}
