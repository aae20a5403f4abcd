import { attestationError } from './errors.ts';
import type { RunRow } from './queries.ts';

/** Throws `attestation_run_ended` unless the run still takes its attestation. */
export function requireOpen(run: Pick<RunRow, 'id' | 'state' | 'expiresAt'>): void {
  if (run.state !== 'INITIALIZED') throw runEnded(run);
}

export function runEnded(run: Pick<RunRow, 'id' | 'state' | 'expiresAt'>): Error {
  const why =
    run.state === 'EXPIRED'
      ? `expired at ${run.expiresAt.toISOString()} by the clock of the server`
      : `is ${run.state}`;
  return attestationError(
    'attestation_run_ended',
    `the run ${run.id} ${why}: an ended run takes no attestation; start a new one with \`waybill attestation init\``,
    { detail: { state: run.state } },
  );
}
