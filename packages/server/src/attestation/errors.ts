import { errorsOf } from '@waybill/core';

export const ATTESTATION_PROBLEMS = {
  attestation_run_not_found: { status: 404, title: 'No such run' },
  attestation_run_ended: { status: 409, title: 'The run has ended' },
  attestation_lifetime_too_long: { status: 422, title: 'The run asks for more time than runs get here' },
  attestation_state_missing: { status: 404, title: 'The server keeps no state of the run' },
  attestation_state_conflict: { status: 409, title: 'The kept state has changed meanwhile' },
  attestation_state_too_large: { status: 413, title: 'The state is too large to be kept' },
  attestation_run_unfinished: { status: 409, title: 'The run has not been attested' },
  attestation_no_provenance: { status: 404, title: 'The run has no provenance' },
  attestation_not_run_statement: { status: 422, title: 'Not the attestation of a run' },
  attestation_too_large: { status: 413, title: 'The attestation is too large' },
  attestation_signer_unverified: { status: 422, title: 'The signature could not be verified' },
  attestation_wrong_run: { status: 409, title: 'The attestation belongs to another run' },
  attestation_cursor_invalid: { status: 400, title: 'The cursor is not of a list of runs' },
  attestation_store_corrupt: { status: 500, title: 'Stored evidence does not verify' },
} as const;

export type AttestationCode = keyof typeof ATTESTATION_PROBLEMS;

export const attestationError = errorsOf<AttestationCode>();
