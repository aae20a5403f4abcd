export {
  type Checkpoint,
  type CheckpointExpectations,
  formatCheckpoint,
  parseCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
export { type EntryInclusion, formatTransparencyLogEntry, type TransparencyLogEntry } from './entry.ts';
export type { TlogFormatCode } from './errors.ts';
export {
  EMPTY_EDGE,
  edgeFromTiles,
  edgeRoot,
  edgeTiles,
  type Growth,
  growTree,
  type HashTile,
  type TreeEdge,
} from './growth.ts';
export {
  formatHashedRekord,
  HASHED_REKORD_KIND,
  type HashedRekord,
  parseHashedRekord,
  type RekordVerifier,
} from './hashed-rekord.ts';
export { type KeyDetails, keyDetailsName, keyDetailsOf } from './key-details.ts';
export {
  type ConsistencyClaim,
  EMPTY_ROOT,
  hashChildren,
  hashLeaf,
  type InclusionClaim,
  type SubtreeConsistencyClaim,
  type SubtreeInclusionClaim,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from './merkle.ts';
export { formatNote, isNoteName, type Note, type NoteSignature, parseNote } from './note.ts';
export { formatVerifierKey, hintOf, type NoteKey, type NoteKeyType, noteKey, noteKeyId } from './note-key.ts';
export {
  cosignatureMessage,
  formatTimestamped,
  formatTreeHeadSignature,
  treeHeadBytes,
} from './note-messages.ts';
export { verifyPrehashed } from './prehash.ts';
export {
  consistencyProof,
  inclusionProof,
  locateNode,
  nodesFromTiles,
  type ReadNode,
  type ReadTile,
  treeRoot,
} from './proof.ts';
export {
  formatEntryBundle,
  formatTile,
  formatTilePath,
  parseEntryBundle,
  parseTile,
  parseTilePath,
  requireEntry,
  TILE_WIDTH,
  type TileCoordinates,
  type TileName,
  TileNodes,
  tileWidthAt,
} from './tile.ts';
