import { sha256 } from '@waybill/core/crypto';
import { serialFrom, type TimestampRequest, timestampRequestFor } from '@waybill/core/x509';
import type { Threads } from '../ground/index.ts';
import type { Authorities } from './authorities.ts';
import type { TrustDeps } from './deps.ts';
import { trustError } from './errors.ts';
import type { Holder } from './issue-certificate.ts';
import { requireBegun } from './require-begun.ts';
import { requireBelievedClock } from './require-believed-clock.ts';
import type { SigningTasks } from './sign-tasks.ts';

export interface TimestampDeps extends Pick<TrustDeps, 'clock' | 'clockDoubt' | 'metrics' | 'randomBytes'> {
  readonly authorities: Authorities;
  readonly signers: Threads<SigningTasks>;
}

/**
 * TimeStampResp in DER. Throws `x509_timestamp_policy`, `trust_authority_expired`, `trust_clock_behind`,
 * `trust_clock_doubted`.
 */
export async function answerTimestamp(
  deps: TimestampDeps,
  request: TimestampRequest,
  holder: Holder = 'client',
): Promise<Uint8Array> {
  const { timestamp } = deps.authorities;
  const { validUntil } = timestamp;
  const time = deps.clock();
  requireBelievedClock(deps, time);
  requireBegun(timestamp, time);
  if (validUntil < time) {
    throw trustError(
      'trust_authority_expired',
      `No timestamp: the timestamp authority ended at ${validUntil.toISOString()}.`,
    );
  }
  const serial = serialFrom(deps.randomBytes(20));
  const answer = await deps.signers.run('timestamp', { request, serial, time });
  deps.metrics.timestamps.add({ holder });
  return answer;
}

/** Dates a signature of this server; for DSSE the bytes are those of the envelope's signature. */
export function timestampSignature(deps: TimestampDeps, signature: Uint8Array): Promise<Uint8Array> {
  return answerTimestamp(deps, timestampRequestFor('sha256', sha256(signature)), 'server');
}
