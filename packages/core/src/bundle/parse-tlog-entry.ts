import { Fields, fromBase64, parseJson } from '../bytes/index.ts';
import { CodedError, isCoded } from '../errors.ts';
import type { InclusionProof, TlogEntry } from './bundle.ts';

const MAX_PROOF_HASHES = 64;

const MAX_ENTRY_BYTES = 1024 * 1024;

/** What a log answers to an accepted signature: one entry with its proof. Throws `bundle_invalid`. */
export function parseTlogEntry(input: Uint8Array | string): TlogEntry {
  try {
    const entry = readTlogEntry(
      new Fields(parseJson(input, 'log entry', { maxBytes: MAX_ENTRY_BYTES }), 'entry'),
    );
    if (entry.inclusionProof) return entry;
    throw invalid('entry.inclusionProof: expected a proof with its checkpoint');
  } catch (cause) {
    if (!isCoded(cause) || cause.code === 'bundle_invalid') throw cause;
    throw invalid(cause.message, cause);
  }
}

/** TransparencyLogEntry of sigstore_rekor.proto in protojson. Throws `bundle_invalid`, `shape_invalid`, `bytes_base64`. */
export function readTlogEntry(fields: Fields): TlogEntry {
  const kind = fields.object('kindVersion');
  const promise = fields.optionalObject('inclusionPromise');
  const proof = fields.optionalObject('inclusionProof');
  const integratedTime = int64(fields, 'integratedTime');
  return {
    logIndex: int64(fields, 'logIndex'),
    logId: bytes(fields.object('logId'), 'keyId'),
    kind: kind.string('kind'),
    version: kind.string('version'),
    integratedTime: integratedTime === 0 ? null : integratedTime,
    inclusionPromise: promise ? bytes(promise, 'signedEntryTimestamp') : null,
    inclusionProof: proof ? readInclusionProof(proof) : null,
    canonicalizedBody: bytes(fields, 'canonicalizedBody'),
  };
}

// Version 0.1 may carry a proof without a checkpoint, which proves nothing: it counts as absent.
function readInclusionProof(fields: Fields): InclusionProof | null {
  const checkpoint = fields.optionalObject('checkpoint')?.optionalString('envelope');
  if (!checkpoint) return null;
  const hashes = fields.has('hashes') ? fields.strings('hashes') : [];
  if (hashes.length > MAX_PROOF_HASHES) throw invalid(`${fields.at}.hashes: more than ${MAX_PROOF_HASHES}`);
  return {
    logIndex: int64(fields, 'logIndex'),
    treeSize: int64(fields, 'treeSize'),
    rootHash: bytes(fields, 'rootHash'),
    hashes: hashes.map((hash, index) => fromBase64(hash, `${fields.at}.hashes[${index}]`)),
    checkpoint,
  };
}

// protojson writes int64 as a string, also reads numbers, and leaves a zero out.
function int64(fields: Fields, key: string): number {
  const value = fields.raw(key) ?? 0;
  const isNumber = typeof value === 'number' || (typeof value === 'string' && /^-?[0-9]{1,19}$/.test(value));
  const number = isNumber ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number) && number >= 0) return number + 0; // -0 is 0
  throw invalid(`${fields.at}.${key}: expected a whole number from 0 to 2^53 - 1`);
}

function bytes(fields: Fields, key: string): Uint8Array {
  return fromBase64(fields.string(key), `${fields.at}.${key}`);
}

function invalid(problem: string, cause?: unknown): CodedError<'bundle_invalid'> {
  return new CodedError('bundle_invalid', `not a valid Sigstore bundle: ${problem}`, { cause });
}
