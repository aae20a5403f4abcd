/** Where a restore goes: a data directory that holds nothing but, perhaps, its master key. */
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DbOptions, isUnused, MASTER_KEY_FILE } from '../ground/index.ts';
import { backupError } from './errors.ts';

const MARKER = 'restore-incomplete';
/** What may lie in an empty place: the key that the operator has put there, the lock of this command, a disk's own. */
const ALLOWED: ReadonlySet<string> = new Set([MASTER_KEY_FILE, 'server.lock', 'lost+found']);

/** Throws `restore_target_in_use`. */
export async function assertEmpty(directory: string): Promise<void> {
  const found = (await entriesOf(directory)).filter((name) => !ALLOWED.has(name));
  if (found.length === 0) return;
  throw backupError(
    'restore_target_in_use',
    `${directory} is not empty (${found.slice(0, 5).join(', ')}): a restore replaces nothing. Name another directory, or move away what is there`,
  );
}

/** Throws `restore_target_in_use`. */
export async function assertUnused(connection: DbOptions['connection']): Promise<void> {
  if (await isUnused(connection)) return;
  throw backupError(
    'restore_target_in_use',
    'the database holds tables of Waybill: a restore replaces nothing. Name an empty database',
  );
}

/** From here until `markComplete` no server starts over this directory. */
export async function markIncomplete(dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const file = await open(join(dataDir, MARKER), 'wx', 0o600);
  await file.sync();
  await file.close();
  await sync(dataDir);
}

export async function markComplete(dataDir: string): Promise<void> {
  await rm(join(dataDir, MARKER));
  await sync(dataDir);
}

/** Throws `restore_incomplete`: half of a backup must never serve. */
export async function assertRestored(dataDir: string): Promise<void> {
  if (!(await entriesOf(dataDir)).includes(MARKER)) return;
  throw backupError(
    'restore_incomplete',
    `a restore into ${dataDir} did not finish: empty the directory (keep master.key) and restore again`,
  );
}

async function entriesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync();
  await handle.close();
}
