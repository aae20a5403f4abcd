import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Secret } from '@waybill/core';
import { cliError } from './exit.ts';
import type { Connection } from './connection.ts';
import type { Session } from './session.ts';
import { type AttestationState, formatState, parseState } from './state.ts';

/** Before what is sealed, so that another way of sealing can follow. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES;
/** Of one state, unpacked: whoever can seal one could else fill the memory of the others. */
const MAX_STATE_BYTES = 128 * 1024 * 1024;
const MIN_SECRET_CHARS = 32;

/**
 * The secret that all jobs of a pipeline share: WAYBILL_STATE_KEY, which the server never sees, else their API token.
 * Throws `usage_invalid`, `state_key_missing`.
 */
export function stateSecret({ env }: Session, { token }: Pick<Connection, 'token'>): Secret<string> {
  const given = env['WAYBILL_STATE_KEY'];
  if (given) return givenSecret(given);
  // What a CI system's own token is exchanged for belongs to one job: the next job could not read the state.
  if (token.reveal().startsWith('wb_')) return token;
  throw cliError(
    'state_key_missing',
    'this job signs in by a token that no other job has: set WAYBILL_STATE_KEY to the same secret in every job that works on the attestation (openssl rand -hex 32 makes one)',
  );
}

function givenSecret(text: string): Secret<string> {
  if (text.length >= MIN_SECRET_CHARS) return new Secret(text);
  throw cliError(
    'usage_invalid',
    `WAYBILL_STATE_KEY: expected ${MIN_SECRET_CHARS} characters or more that nobody guesses, found ${text.length}: openssl rand -hex 32 makes them`,
  );
}

/** The state of a run under a key of this run alone, as base64. Where files lie on this machine stays here. */
export function sealState(secret: Secret<string>, state: AttestationState): string {
  const { files: _here, ...shared } = state;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyFor(secret, state.run.id), nonce);
  const sealed = [cipher.update(gzipSync(formatState(shared))), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat([Buffer.of(VERSION), nonce, ...sealed]).toString('base64');
}

/** Throws `state_sealed` unless it was sealed under this secret, for this run. */
export function openState(secret: Secret<string>, runId: string, sealed: string): AttestationState {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes[0] !== VERSION || bytes.length < HEAD_BYTES + TAG_BYTES) throw notReadable(runId);
  const nonce = bytes.subarray(1, HEAD_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', keyFor(secret, runId), nonce, {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  let text: string;
  try {
    const packed = Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES, -TAG_BYTES)), decipher.final()]);
    text = gunzipSync(packed, { maxOutputLength: MAX_STATE_BYTES }).toString('utf8');
  } catch (cause) {
    throw notReadable(runId, cause);
  }
  return parseState(text, `the state of the run ${runId}`);
}

function keyFor(secret: Secret<string>, runId: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret.reveal(), runId, 'waybill attestation state v1', 32));
}

function notReadable(runId: string, cause?: unknown) {
  return cliError(
    'state_sealed',
    `the state of the run ${runId} cannot be read with the key of this job: it was sealed under another WAYBILL_STATE_KEY or API token, or is not what a waybill has put there. Give this job the same one as the job of init`,
    { cause },
  );
}
