import type { InclusionProof, TlogEntry } from '../bundle/index.ts';
import { canonicalJson, equalBytes, toBase64, toHex, utf8 } from '../bytes/index.ts';
import { verifySignature } from '../crypto.ts';
import { isCoded, messageOf } from '../errors.ts';
import {
  type Checkpoint,
  hashLeaf,
  hintOf,
  noteKey,
  parseCheckpoint,
  verifyCheckpoint,
  verifyInclusion,
} from '../tlog/index.ts';
import { isWithin, type TransparencyLog, type TrustedRoot } from '../trust/index.ts';
import { verifyError } from './errors.ts';

/** Proof that a trusted log holds an entry. */
export interface LogProof {
  readonly log: TransparencyLog;
  readonly origin: string;
  readonly logIndex: number;
  /** Stated under the log's own signature (Rekor v1); null for logs that state no time. */
  readonly integratedTime: Date | null;
}

/**
 * Proves one entry by what it carries: the promise (a time under the log's key) and the inclusion proof up to
 * a signed checkpoint. null when the trusted root does not know the log. Throws `verify_log_entry`.
 */
export function proveLogEntry(entry: TlogEntry, trustedRoot: TrustedRoot): LogProof | null {
  const logs = trustedRoot.tlogs.filter((log) => equalBytes(log.logId, entry.logId));
  let refusal: unknown = null;
  for (const log of logs) {
    try {
      return proveWith(entry, log);
    } catch (error) {
      if (!isCoded(error)) throw error;
      refusal = error;
    }
  }
  if (refusal === null) return null;
  throw verifyError('verify_log_entry', `log entry ${entry.logIndex}: ${messageOf(refusal)}`, refusal);
}

function proveWith(entry: TlogEntry, log: TransparencyLog): LogProof {
  if (!entry.inclusionPromise && !entry.inclusionProof) {
    throw verifyError('verify_log_entry', 'it carries neither a promise nor a proof');
  }
  const integratedTime = entry.inclusionPromise ? verifyPromise(entry, entry.inclusionPromise, log) : null;
  const checkpoint = entry.inclusionProof ? verifyProof(entry, entry.inclusionProof, log) : null;
  return { log, origin: checkpoint?.origin ?? log.baseUrl, logIndex: entry.logIndex, integratedTime };
}

// Rekor v1 signed entry timestamp: the log's signature over the canonical JSON of these four fields.
function verifyPromise(entry: TlogEntry, promise: Uint8Array, log: TransparencyLog): Date {
  if (entry.integratedTime === null) throw verifyError('verify_log_entry', 'its promise states no time');
  const signed = canonicalJson({
    body: toBase64(entry.canonicalizedBody),
    integratedTime: entry.integratedTime,
    logID: toHex(entry.logId),
    logIndex: entry.logIndex,
  });
  if (!verifySignature(log.publicKey, utf8(signed), promise)) {
    throw verifyError('verify_log_entry', 'its promise is not signed by the log');
  }
  const time = new Date(entry.integratedTime * 1000);
  if (!isWithin(log.validFor, time)) {
    throw verifyError('verify_log_entry', `the log was not trusted at ${time.toISOString()}`);
  }
  return time;
}

function verifyProof(entry: TlogEntry, proof: InclusionProof, log: TransparencyLog): Checkpoint {
  const checkpoint = verifyLogCheckpoint(proof.checkpoint, log);
  if (checkpoint.size !== proof.treeSize || !equalBytes(checkpoint.rootHash, proof.rootHash)) {
    throw verifyError('verify_log_entry', 'its proof is about another tree than its checkpoint');
  }
  verifyInclusion({
    leafHash: hashLeaf(entry.canonicalizedBody),
    index: proof.logIndex,
    treeSize: proof.treeSize,
    rootHash: proof.rootHash,
    proof: proof.hashes,
  });
  // Only Rekor v1 counts over several trees; elsewhere two different numbers are a contradiction.
  if (!isRekorV1(checkpoint.origin) && proof.logIndex !== entry.logIndex) {
    throw verifyError(
      'verify_log_entry',
      `it says index ${entry.logIndex}, its proof says ${proof.logIndex}`,
    );
  }
  return checkpoint;
}

/** Rekor v1 names each tree `host - treeId`; private instances often keep a foreign host, so the key decides. */
function isRekorV1(origin: string): boolean {
  return / - \d+$/.test(origin);
}

function verifyLogCheckpoint(note: string, log: TransparencyLog): Checkpoint {
  const keyId = log.checkpointKeyId ?? log.logId;
  const parsed = parseCheckpoint(note);
  if (isRekorV1(parsed.checkpoint.origin)) {
    const own = parsed.note.signatures.filter(({ hint }) => equalBytes(hint, hintOf({ keyId })));
    const keys = own.map(({ name }) => noteKey(name, log.publicKey, { keyId }));
    return verifyCheckpoint(note, { origin: null, keys });
  }
  // Rekor v2: origin and signer are the host name of the log's URL, without port and path (sigstore-go tlog.go).
  const name = hostnameOf(log.baseUrl);
  return verifyCheckpoint(note, { origin: name, keys: [noteKey(name, log.publicKey, { keyId })] });
}

function hostnameOf(baseUrl: string): string {
  const hostname = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : '';
  if (hostname === '') {
    throw verifyError(
      'verify_log_entry',
      `the trusted root's log has no usable base URL (${JSON.stringify(baseUrl)})`,
    );
  }
  return hostname;
}
