import { CodedError } from '../errors.ts';

export type VerifyCode =
  | 'verify_not_logged'
  | 'verify_log_entry'
  | 'verify_timestamp'
  | 'verify_certificate'
  | 'verify_sct'
  | 'verify_signature'
  | 'verify_identity'
  | 'verify_key_unknown'
  | 'verify_artifact'
  | 'verify_not_a_statement';

export function verifyError(code: VerifyCode, message: string, cause?: unknown): CodedError<VerifyCode> {
  return new CodedError(code, message, cause === undefined ? {} : { cause });
}
