/** Byte layouts of the note signatures that sign something else than the note's text. */
import { concat, utf8 } from '../bytes/index.ts';
import { tlogFormatError } from './errors.ts';

interface SignedHead {
  readonly origin: string;
  readonly size: number;
  readonly rootHash: Uint8Array;
}

const SUBTREE_LABEL = utf8('subtree/v1\n\0');

/** C2SP tlog-cosignature.md v1.1, type 0x06. `timestampS` is in seconds; a witness must not use 0. */
export function cosignatureMessage(input: {
  readonly name: string;
  readonly timestampS: number;
  readonly checkpoint: SignedHead;
}): Uint8Array {
  const { name, timestampS, checkpoint } = input;
  return concat(
    SUBTREE_LABEL,
    lengthPrefixed(name),
    u64(timestampS),
    lengthPrefixed(checkpoint.origin),
    u64(0),
    u64(checkpoint.size),
    checkpoint.rootHash,
  );
}

/** RFC 6962 §3.5 TreeHeadSignature: version 0, signature_type tree_hash 1. */
export function treeHeadBytes(head: Omit<SignedHead, 'origin'>, timestampMs: number): Uint8Array {
  return concat(Uint8Array.of(0, 1), u64(timestampMs), u64(head.size), head.rootHash);
}

/** u64 timestamp ‖ signature. */
export function formatTimestamped(timestamp: number, signature: Uint8Array): Uint8Array {
  return concat(u64(timestamp), signature);
}

export function parseTimestamped(bytes: Uint8Array): { timestamp: number; signature: Uint8Array } | null {
  const timestamp = readU64(bytes);
  return timestamp === null ? null : { timestamp, signature: bytes.subarray(8) };
}

// RFC 5246 §4.7: hash SHA-256 (4), signature ECDSA (3).
const SHA256_ECDSA = Uint8Array.of(4, 3);

/** static-ct-api.md RFC6962NoteSignature: u64 milliseconds ‖ digitally-signed. */
export function formatTreeHeadSignature(timestampMs: number, signature: Uint8Array): Uint8Array {
  const length = Uint8Array.of(signature.length >> 8, signature.length & 0xff);
  return concat(u64(timestampMs), SHA256_ECDSA, length, signature);
}

export function parseTreeHeadSignature(
  bytes: Uint8Array,
): { timestampMs: number; signature: Uint8Array } | null {
  const timestampMs = readU64(bytes);
  if (timestampMs === null || bytes.length < 12 || bytes[8] !== 4 || bytes[9] !== 3) return null;
  const signature = bytes.subarray(12);
  const length = ((bytes[10] ?? 0) << 8) | (bytes[11] ?? 0);
  return signature.length === length ? { timestampMs, signature } : null;
}

function u64(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw tlogFormatError('tlog_range_invalid', `expected a whole number from 0 to 2^53 - 1, found ${value}`);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function readU64(bytes: Uint8Array): number | null {
  if (bytes.length < 8) return null;
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigUInt64BE();
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}

function lengthPrefixed(text: string): Uint8Array {
  const bytes = utf8(text);
  if (bytes.length === 0 || bytes.length > 255) {
    throw tlogFormatError('tlog_note_invalid', `name of ${bytes.length} bytes: expected 1 to 255`);
  }
  return concat(Uint8Array.of(bytes.length), bytes);
}
