import { sha256 } from '@waybill/core/crypto';
import {
  buildTimestampResponse,
  serialFrom,
  type TimestampRequest,
  timestampRequestFor,
} from '@waybill/core/x509';
import type { Authorities } from './authorities.ts';
import type { TrustDeps } from './deps.ts';
import { trustError } from './errors.ts';
import type { Holder } from './issue-certificate.ts';
import { requireBegun } from './require-begun.ts';
import { requireBelievedClock } from './require-believed-clock.ts';

export interface TimestampDeps extends Pick<TrustDeps, 'clock' | 'clockDoubt' | 'metrics' | 'randomBytes'> {
  readonly authorities: Authorities;
}

/**
 * TimeStampResp in DER. Throws `x509_timestamp_policy`, `trust_authority_expired`, `trust_clock_behind`,
 * `trust_clock_doubted`.
 */
export function answerTimestamp(
  deps: TimestampDeps,
  request: TimestampRequest,
  holder: Holder = 'client',
): Uint8Array {
  const { timestamp } = deps.authorities;
  const { signer, validUntil } = timestamp;
  const time = deps.clock();
  requireBelievedClock(deps, time);
  requireBegun(timestamp, time);
  if (validUntil < time) {
    throw trustError(
      'trust_authority_expired',
      `No timestamp: the timestamp authority ended at ${validUntil.toISOString()}.`,
    );
  }
  const answer = buildTimestampResponse(signer, { request, serial: serialFrom(deps.randomBytes(20)), time });
  deps.metrics.timestamps.add({ holder });
  return answer;
}

/** Dates a signature of this server; for DSSE the bytes are those of the envelope's signature. */
export function timestampSignature(deps: TimestampDeps, signature: Uint8Array): Uint8Array {
  return answerTimestamp(deps, timestampRequestFor('sha256', sha256(signature)), 'server');
}
