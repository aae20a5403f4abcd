export {
  type Checkpoint,
  type CheckpointExpectations,
  formatCheckpoint,
  parseCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts';
export type { TlogFormatCode } from './errors.ts';
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
export { formatVerifierKey, hintOf, type NoteKey, noteKey, noteKeyId, type NoteKeyType } from './note-key.ts';
export {
  cosignatureMessage,
  formatTimestamped,
  formatTreeHeadSignature,
  treeHeadBytes,
} from './note-messages.ts';
