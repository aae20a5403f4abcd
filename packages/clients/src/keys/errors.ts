import { CodedError } from '@waybill/core';

export type KeyCode =
  | 'key_not_found'
  | 'key_unreadable'
  | 'key_unsupported'
  | 'key_is_public'
  | 'key_passphrase_missing'
  | 'key_passphrase_wrong';

export function keyError(code: KeyCode, message: string, cause?: unknown): CodedError<KeyCode> {
  return new CodedError(code, message, { cause });
}
