import { errorsOf } from '@waybill/core';

/** The command prints the message and ends with 1; no route meets these. */
export type BackupCode =
  | 'backup_exists'
  | 'backup_invalid'
  | 'backup_not_authentic'
  | 'backup_newer'
  | 'backup_no_source'
  | 'backup_server_runs'
  | 'backup_file'
  | 'restore_no_key'
  | 'restore_target_in_use'
  | 'restore_incomplete'
  | 'restore_not_moved';

export const backupError = errorsOf<BackupCode>();
