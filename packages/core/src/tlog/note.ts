import { concat, fromBase64, fromUtf8, toBase64 } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import { tlogFormatError } from './errors.ts';

const MAX_NOTE_BYTES = 1024 * 1024;
const MAX_SIGNATURES = 100;

export interface NoteSignature {
  readonly name: string;
  /** The first four bytes of the key id. */
  readonly hint: Uint8Array;
  /** What follows the hint; its layout depends on the type of the key. */
  readonly signature: Uint8Array;
}

export interface Note {
  /** The signed text with its last newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** C2SP signed-note.md. Throws `tlog_note_invalid`. Nothing is verified here. */
export function parseNote(input: string | Uint8Array): Note {
  if (input.length > MAX_NOTE_BYTES)
    throw invalid(`it has ${input.length} bytes, the limit is ${MAX_NOTE_BYTES}`);
  const all = typeof input === 'string' ? input : decode(input);
  // oxlint-disable-next-line no-control-regex -- control characters are what the specification forbids
  if (/[\x00-\x09\x0b-\x1f]/.test(all)) throw invalid('it holds control characters');
  if (!all.isWellFormed()) throw invalid('it is not valid Unicode');
  const split = all.lastIndexOf('\n\n');
  if (split < 1) throw invalid('the blank line before the signatures is missing');
  if (!all.endsWith('\n')) throw invalid('the last line has no newline');
  const lines = all.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw invalid(`more than ${MAX_SIGNATURES} signatures`);
  return { text: all.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/** `text` must end with a newline. */
export function formatNote(note: Note): string {
  const lines = note.signatures.map(
    ({ name, hint, signature }) => `\u2014 ${name} ${toBase64(concat(hint, signature))}\n`,
  );
  return `${note.text}\n${lines.join('')}`;
}

/** Names of notes and origins: not empty, no spaces and no plus. */
export function isNoteName(name: string): boolean {
  return name.length > 0 && name.isWellFormed() && !/[\s+\p{Cc}]/u.test(name);
}

function parseSignatureLine(line: string): NoteSignature {
  const parts = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line);
  const [, name, encoded] = parts ?? [];
  if (name === undefined || encoded === undefined || !isNoteName(name)) {
    throw invalid('a signature line is not "\u2014 <name> <base64>"');
  }
  const bytes = decodeSignature(encoded);
  if (bytes.length < 5) throw invalid('a signature is shorter than five bytes');
  return { name, hint: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function decodeSignature(encoded: string): Uint8Array {
  const bytes = strictBase64(encoded);
  if (bytes === null) throw invalid('a signature is not canonical base64');
  return bytes;
}

/** Standard, padded base64 with zero trailing bits; null for anything else. */
export function strictBase64(encoded: string): Uint8Array | null {
  try {
    const bytes = fromBase64(encoded);
    return toBase64(bytes) === encoded ? bytes : null;
  } catch (error) {
    if (error instanceof CodedError) return null;
    throw error;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw tlogFormatError('tlog_note_invalid', 'signed note: it is not valid UTF-8', { cause });
  }
}

function invalid(what: string): CodedError {
  return tlogFormatError('tlog_note_invalid', `signed note: ${what}`);
}
