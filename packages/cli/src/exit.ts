import { CodedError, errorsOf } from '@waybill/core';

/** What a script may rely on. */
export const EXIT = {
  ok: 0,
  error: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
  /** A signature, certificate, log proof or expectation does not hold. */
  notVerified: 3,
  /** Everything is genuine, but policy says no: verdict FAILED, gate `deny`. */
  refused: 4,
  interrupted: 130,
} as const;

export type ExitCode = number;

export type CliCode =
  | 'usage_unknown_command'
  | 'usage_unknown_option'
  | 'usage_missing'
  | 'usage_invalid'
  | 'not_verified'
  | 'cli_interrupted'
  | 'cli_declined'
  | 'cli_not_logged_in'
  | 'cli_config'
  | 'cli_file'
  | 'cli_fetch'
  | 'cli_cue'
  | 'cli_server_missing'
  | 'cli_no_identity'
  | 'cli_credential_helper'
  | 'cli_not_attached'
  | 'cli_artifact_missing'
  | 'state_missing'
  | 'state_exists'
  | 'state_invalid'
  | 'state_locked'
  | 'state_signed'
  | 'state_replaced'
  | 'state_other_server'
  | 'state_key_missing'
  | 'state_sealed'
  | 'runner_mismatch'
  | 'runner_variable_missing'
  | 'material_unknown'
  | 'material_ambiguous'
  | 'material_kind_mismatch'
  | 'material_empty'
  | 'material_too_large'
  | 'annotation_missing'
  | 'preview_failed'
  | 'policy_file'
  | 'policy_pin';

export const cliError = errorsOf<CliCode>();

/** The exit code that goes with an error. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof CodedError)) return EXIT.error;
  if (error.code.startsWith('usage_')) return EXIT.usage;
  if (error.code === 'not_verified') return EXIT.notVerified;
  if (error.code === 'cli_interrupted') return EXIT.interrupted;
  return EXIT.error;
}
