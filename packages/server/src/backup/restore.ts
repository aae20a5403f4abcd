import {
  type BlobDriver,
  type Clock,
  type DbOptions,
  type Logger,
  loadSnapshot,
  migrate,
  readMigrations,
} from '../ground/index.ts';
import { freezeLogs } from '../tlog/index.ts';
import { readVerified } from './directory.ts';
import { backupError } from './errors.ts';
import { type Manifest, migrationsOf } from './manifest.ts';
import { assertUnused } from './target.ts';
import type { VerifiedBackup } from './verify.ts';

export interface RestoreTarget {
  /** Of an empty database. */
  readonly connection: DbOptions['connection'];
  /** Empty. */
  readonly blobs: BlobDriver;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Ids that a server gives out between a backup and its loss; they must not be given to something else afterwards,
 * as others may know them.
 */
const COUNTER_GAP = 1_000_000;
const BLOB_PREFIX = 'blobs/';

/** Throws `backup_newer`, `restore_not_moved`. */
export async function assertRestorable(
  { manifest }: Pick<VerifiedBackup, 'manifest'>,
  continueLogs: boolean,
): Promise<void> {
  migrationsOf(manifest, await readMigrations());
  if (!continueLogs || manifest.moved) return;
  throw backupError(
    'restore_not_moved',
    'the logs may not go on from this backup: its server may have signed more after it, and a log that signs two histories is worthless. Restore without --continue-log: what is logged stays provable, and new logs begin. Only a backup that was made with --move can be continued',
  );
}

/**
 * Bytes first, rows last and in one transaction, so that what a crash leaves is never taken for whole. The logs of
 * the backup are frozen, unless it was moved and this is its only restore (`continueLogs`).
 * The caller MUST have verified the backup with a seal. Throws `restore_target_in_use`, `backup_invalid`.
 */
export async function restoreBackup(
  backup: VerifiedBackup,
  target: RestoreTarget,
  options: { readonly continueLogs: boolean },
): Promise<void> {
  const { manifest } = backup;
  await assertRestorable(backup, options.continueLogs);
  await assertUnused(target.connection);
  await restoreBlobs(backup, target.blobs);
  await migrate(target.connection, migrationsOf(manifest, await readMigrations()), target.log);
  await restoreRows(backup, target, options.continueLogs);
}

async function restoreBlobs(backup: VerifiedBackup, blobs: BlobDriver): Promise<void> {
  for (const path of backup.sums.keys()) {
    if (!path.startsWith(BLOB_PREFIX)) continue;
    await blobs.put(path.slice(BLOB_PREFIX.length), readVerified(backup.directory, backup.sums, path));
  }
}

async function restoreRows(
  { directory, sums, manifest }: VerifiedBackup,
  { connection, clock }: RestoreTarget,
  continueLogs: boolean,
): Promise<void> {
  await loadSnapshot(connection, manifest.counters, {
    gap: continueLogs ? 0 : COUNTER_GAP,
    work: async ({ tx, fill }) => {
      for (const table of manifest.tables)
        await fill(table, readVerified(directory, sums, `database/${table.name}.copy`));
      if (!continueLogs) await freezeLogs(tx, clock());
    },
  });
}

/** One sentence for the operator on what happened to the logs. */
export function describeLogs({ logs }: Manifest, continueLogs: boolean): string {
  const names = logs.map(({ origin, size }) => `${origin} (${size} entries)`).join(', ');
  return continueLogs
    ? `the logs go on: ${names}. Never restore this backup a second time with --continue-log`
    : `the logs ${names} are frozen: their entries stay provable, new logs begin at the start`;
}
