import { equalBytes, quoted, toBase64 } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import { tlogFormatError } from './errors.ts';
import { HASH_BYTES } from './merkle.ts';
import { isNoteName, type Note, parseNote, strictBase64 } from './note.ts';
import { hintOf, type NoteKey, verifyNoteSignature } from './note-key.ts';

export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly rootHash: Uint8Array;
  readonly extensions: readonly string[];
  /** The signed text with its last newline. */
  readonly text: string;
}

/** The text that is signed: C2SP tlog-checkpoint.md, without extension lines. */
export function formatCheckpoint(head: {
  readonly origin: string;
  readonly size: number;
  readonly rootHash: Uint8Array;
}): string {
  if (!isNoteName(head.origin)) {
    throw tlogFormatError(
      'tlog_checkpoint_invalid',
      'origin: expected no spaces, no plus, at least one character',
    );
  }
  return `${head.origin}\n${head.size}\n${toBase64(head.rootHash)}\n`;
}

/** Throws `tlog_note_invalid`, `tlog_checkpoint_invalid`. Nothing is verified here. */
export function parseCheckpoint(input: string | Uint8Array): {
  readonly checkpoint: Checkpoint;
  readonly note: Note;
} {
  const note = parseNote(input);
  return { checkpoint: parseCheckpointText(note.text), note };
}

function parseCheckpointText(text: string): Checkpoint {
  const [origin, size, root, ...extensions] = text.slice(0, -1).split('\n');
  if (!origin) throw invalid('the first line, the origin, is empty');
  if (size === undefined || !/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw invalid('the second line is not a tree size from 0 to 2^53 - 1 in decimal');
  }
  const rootHash = root === undefined ? null : strictBase64(root);
  if (rootHash?.length !== HASH_BYTES)
    throw invalid('the third line is not a root hash of 32 bytes in base64');
  if (extensions.includes('')) throw invalid('an extension line is empty');
  return { origin, size: Number(size), rootHash, extensions, text };
}

export interface CheckpointExpectations {
  /** The name of the log; null accepts any (the caller then compares it itself). */
  readonly origin: string | null;
  /** Keys of the log, not of its witnesses. */
  readonly keys: readonly NoteKey[];
}

/**
 * A checkpoint of the expected log with at least one valid signature of its keys. Signatures of unknown keys are
 * ignored; one by a known key that does not verify refuses the note (C2SP signed-note.md).
 * Throws `tlog_note_invalid`, `tlog_checkpoint_invalid`, `tlog_origin_mismatch`, `tlog_signature_invalid`.
 */
export function verifyCheckpoint(
  input: string | Uint8Array,
  expected: CheckpointExpectations,
): Checkpoint & { readonly signedBy: readonly NoteKey[] } {
  const { checkpoint, note } = parseCheckpoint(input);
  if (expected.origin !== null && checkpoint.origin !== expected.origin) {
    throw tlogFormatError(
      'tlog_origin_mismatch',
      `checkpoint: expected the log ${JSON.stringify(expected.origin)}, found ${quoted(checkpoint.origin)}`,
    );
  }
  const signedBy = expected.keys.filter((key) => signs(key, checkpoint, note));
  if (signedBy.length === 0) {
    throw tlogFormatError(
      'tlog_signature_invalid',
      `checkpoint of ${quoted(checkpoint.origin)}: it has no signature by a trusted key of the log`,
    );
  }
  return { ...checkpoint, signedBy };
}

function signs(key: NoteKey, checkpoint: Checkpoint, note: Note): boolean {
  const own = note.signatures.filter((line) => line.name === key.name && equalBytes(line.hint, hintOf(key)));
  for (const { signature } of own) {
    if (verifyNoteSignature(key, checkpoint, signature)) continue;
    throw tlogFormatError(
      'tlog_signature_invalid',
      `checkpoint: the signature by ${key.name} (${key.type}) is wrong`,
    );
  }
  return own.length > 0;
}

function invalid(what: string): CodedError {
  return tlogFormatError('tlog_checkpoint_invalid', `checkpoint: ${what}`);
}
