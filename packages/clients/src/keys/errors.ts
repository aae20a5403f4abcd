import { errorsOf } from '@waybill/core';

export type KeyCode =
  | 'key_not_found'
  | 'key_unreadable'
  | 'key_unsupported'
  | 'key_is_public'
  | 'key_passphrase_missing'
  | 'key_passphrase_wrong';

export const keyError = errorsOf<KeyCode>();
