import { EMPTY_ROOT, hashChildren } from './merkle.ts';
import { splitOf } from './proof.ts';
import { parseTile, TILE_WIDTH, type TileCoordinates, TileNodes, tileWidthAt } from './tile.ts';

/** What a log must remember to grow: per level the hashes of the tile that is not full yet. */
export interface TreeEdge {
  readonly size: number;
  readonly levels: readonly (readonly Uint8Array[])[];
}

export const EMPTY_EDGE: TreeEdge = Object.freeze({ size: 0, levels: Object.freeze([]) });

export interface HashTile extends TileCoordinates {
  readonly hashes: readonly Uint8Array[];
}

export interface Growth {
  readonly edge: TreeEdge;
  /** Every tile that is new or wider than before. */
  readonly tiles: readonly HashTile[];
}

/** The tree after `leafHashes` are appended. The edge handed in stays as it is. */
export function growTree(edge: TreeEdge, leafHashes: readonly Uint8Array[]): Growth {
  const levels = [...edge.levels];
  const tiles: HashTile[] = [];
  let incoming = leafHashes;
  for (let level = 0; incoming.length > 0; level++) {
    const hashes = [...(levels[level] ?? []), ...incoming];
    const first = Math.floor(edge.size / TILE_WIDTH ** (level + 1));
    const grown = cutIntoTiles(hashes, level, first);
    tiles.push(...grown);
    levels[level] = hashes.slice(hashes.length - (hashes.length % TILE_WIDTH));
    incoming = grown
      .filter((tile) => tile.width === TILE_WIDTH)
      .map((tile) => new TileNodes(tile.hashes).node(8, 0));
  }
  return { edge: { size: edge.size + leafHashes.length, levels }, tiles };
}

function cutIntoTiles(hashes: readonly Uint8Array[], level: number, first: number): readonly HashTile[] {
  return Array.from({ length: Math.ceil(hashes.length / TILE_WIDTH) }, (_, at) => {
    const own = hashes.slice(at * TILE_WIDTH, (at + 1) * TILE_WIDTH);
    return { level, index: first + at, width: own.length, hashes: own };
  });
}

/** RFC 6962 root of the tree with this edge. */
export function edgeRoot(edge: TreeEdge): Uint8Array {
  let ragged: Uint8Array | undefined;
  for (const hashes of edge.levels) {
    const nodes = ragged === undefined ? hashes : [...hashes, ragged];
    if (nodes.length > 0) ragged = hashNodes(nodes);
  }
  return ragged ?? EMPTY_ROOT;
}

/** The tree over equal nodes of which the last may be smaller: it splits where the whole tree splits. */
function hashNodes(nodes: readonly Uint8Array[]): Uint8Array {
  const [only] = nodes;
  if (nodes.length === 1 && only !== undefined) return only;
  const split = splitOf(nodes.length);
  return hashChildren(hashNodes(nodes.slice(0, split)), hashNodes(nodes.slice(split)));
}

/** The partial tiles that make up the edge of a tree of `size` entries; `edgeFromTiles` wants their bytes. */
export function edgeTiles(size: number): readonly TileCoordinates[] {
  const tiles: TileCoordinates[] = [];
  for (let level = 0; TILE_WIDTH ** level <= size; level++) {
    const index = Math.floor(size / TILE_WIDTH ** (level + 1));
    tiles.push({ level, index, width: tileWidthAt(size, level, index) });
  }
  return tiles;
}

/** The edge out of the stored tiles. Throws `tlog_tile_invalid`; the caller compares `edgeRoot` with what it signed. */
export async function edgeFromTiles(
  size: number,
  readTile: (tile: TileCoordinates) => Promise<Uint8Array>,
): Promise<TreeEdge> {
  const levels = await Promise.all(
    edgeTiles(size).map(async (tile) =>
      tile.width === 0 ? [] : parseTile(await readTile(tile), tile.width),
    ),
  );
  return { size, levels };
}
