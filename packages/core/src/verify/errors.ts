import { errorsOf } from '../errors.ts';

export type VerifyCode =
  | 'verify_not_logged'
  | 'verify_log_entry'
  | 'verify_timestamp'
  | 'verify_certificate'
  | 'verify_sct'
  | 'verify_signature'
  | 'verify_threshold'
  | 'verify_identity'
  | 'verify_key_unknown'
  | 'verify_artifact'
  | 'verify_not_a_statement';

export const verifyError = errorsOf<VerifyCode>();
