import { isCoded } from '@waybill/core';
import { parseTlogEntry, type TlogEntry } from '@waybill/core/bundle';
import { toBase64 } from '@waybill/core/bytes';
import { hash, publicKeyFrom, spkiOf } from '@waybill/core/crypto';
import { keyDetailsOf } from '@waybill/core/tlog';
import { ask, exchange, refused, type Service, sigstoreError } from './post.ts';

/** What a log is told about a signature: never the signed bytes themselves, only their digest. */
export interface LoggedSignature {
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
  /** DER; null for a bare key. */
  readonly certificate: Uint8Array | null;
}

/**
 * Logs a signature: Rekor v2's `POST /api/v2/log/entries`, answered once a checkpoint covers the entry. The proof
 * is read, not verified. Throws `sigstore_…`; `tlog_key_unsupported` for keys whose signatures no log can check.
 */
export async function logEntryOf(log: Service, logged: LoggedSignature): Promise<TlogEntry> {
  const answer = await exchange(log, {
    path: '/api/v2/log/entries',
    accept: 'application/json',
    body: { hashedRekordRequestV002: requestOf(logged) },
  });
  if (answer.status === 409) return entryAt(log, answer.headers.get('x-log-index'));
  if (answer.status !== 201) throw refused(answer);
  return entryIn(answer.bytes, log);
}

function requestOf({ signed, signature, publicKey, certificate }: LoggedSignature) {
  const key = publicKeyFrom(publicKey);
  const details = keyDetailsOf(key);
  if (!details.prehash) {
    throw sigstoreError(
      'sigstore_key_not_loggable',
      `a transparency log cannot check signatures by a key of kind ${details.name}, as it sees the digest alone: sign with ECDSA or RSA`,
    );
  }
  const verifier = certificate
    ? { x509Certificate: { rawBytes: toBase64(certificate) } }
    : { publicKey: { rawBytes: toBase64(spkiOf(key)) } };
  return {
    digest: toBase64(hash(details.hash, signed)),
    signature: { content: toBase64(signature), verifier: { ...verifier, keyDetails: details.name } },
  };
}

/** The same signature was logged before, as happens with RSA: its entry, which a Waybill server hands out again. */
async function entryAt(log: Service, index: string | null): Promise<TlogEntry> {
  if (index === null || !/^\d{1,16}$/.test(index)) {
    throw sigstoreError('sigstore_protocol', `${log.url} has the entry already and does not say where`);
  }
  return entryIn(
    await ask(log, { path: `/waybill/v1/log/entries/${index}`, accept: 'application/json' }),
    log,
  );
}

function entryIn(answer: Uint8Array, log: Service): TlogEntry {
  try {
    return parseTlogEntry(answer);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw sigstoreError(
      'sigstore_protocol',
      `${log.url} answered without a log entry (${cause.message}): is it a Rekor v2 log?`,
      { cause },
    );
  }
}
