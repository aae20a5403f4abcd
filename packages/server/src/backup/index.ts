/** Copies of everything, and back: see README.md. */
export { type BackupSource, type BackupSummary, createBackup } from './create.ts';
export { backupError } from './errors.ts';
export { assertRestorable, describeLogs, type RestoreTarget, restoreBackup } from './restore.ts';
export { assertEmpty, assertRestored, assertUnused, markComplete, markIncomplete } from './target.ts';
export { type VerifiedBackup, verifyBackup } from './verify.ts';
