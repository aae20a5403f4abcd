import {
  type BlobDriver,
  type Clock,
  type Db,
  type DbOptions,
  type Lock,
  orderForLoading,
  type Seal,
  type Snapshot,
  withSnapshot,
} from '../ground/index.ts';
import { exportLog, freezeLogs, type LogMoment, logLockName, logsAt } from '../tlog/index.ts';
import { BackupWriter } from './directory.ts';
import { backupError } from './errors.ts';
import { formatManifest, MANIFEST_FILE, type Manifest } from './manifest.ts';

export interface BackupSource {
  readonly connection: DbOptions['connection'];
  readonly db: Db;
  readonly blobs: BlobDriver;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly version: string;
}

export interface BackupSummary {
  readonly files: number;
  readonly sizeBytes: number;
  /** Blobs whose bytes are not those of their digest: they were so in the store already. */
  readonly damaged: readonly string[];
}

const COPIES_AT_ONCE = 8;

/**
 * A consistent copy of everything but the master key, while the server goes on. The order makes it whole: rows first,
 * in one snapshot; a row never refers to bytes that are not there yet, and the logs are cut to what the rows know.
 *
 * With `move` the source ends its logs, so that they may go on from the backup: no server may write them meanwhile
 * (`backup_server_runs`), and one that starts over the source later has new logs. Throws also `backup_exists`,
 * `backup_file`.
 */
export async function createBackup(
  source: BackupSource,
  options: { readonly to: string; readonly move: boolean },
): Promise<BackupSummary> {
  const writer = await BackupWriter.create(options.to);
  const locks: Lock[] = [];
  try {
    if (options.move) await lockLogs(source, locks);
    const damaged = await copy(source, writer, options.move);
    await writer.finish(source.seal, async () => {
      // Once this is committed the source cannot sign under the old names: only now may the seal say so.
      if (options.move) await source.db.asSystem((tx) => freezeLogs(tx, source.clock()));
    });
    return { ...writer.written, damaged };
  } catch (error) {
    await writer.abandon();
    throw error;
  } finally {
    for (const lock of locks) await lock.release();
  }
}

async function lockLogs({ db }: BackupSource, locks: Lock[]): Promise<void> {
  for (const { origin } of active(await db.asSystem(logsAt))) {
    const lock = await db.tryLock(logLockName(origin));
    if (lock === null) {
      throw backupError(
        'backup_server_runs',
        `a server writes the log ${origin}: stop every server of this data before you move it`,
      );
    }
    locks.push(lock);
  }
}

const active = (logs: readonly LogMoment[]): readonly LogMoment[] =>
  logs.filter((log) => log.frozenAt === null);

async function copy(source: BackupSource, writer: BackupWriter, moved: boolean): Promise<readonly string[]> {
  const logs = await withSnapshot(source.connection, (snapshot) =>
    copyRows(source, snapshot, { writer, moved }),
  );
  for (const log of logs) {
    for await (const { key, bytes } of exportLog(source.blobs, log))
      await writer.write(`blobs/${key}`, bytes);
  }
  return copyStore(source, writer);
}

async function copyRows(
  source: BackupSource,
  snapshot: Snapshot,
  { writer, moved }: { readonly writer: BackupWriter; readonly moved: boolean },
): Promise<readonly LogMoment[]> {
  const logs = await logsAt(snapshot.tx);
  const tables = await orderForLoading(source.connection, snapshot.tables);
  for (const table of tables) await writer.write(`database/${table.name}.copy`, snapshot.rowsOf(table));
  const manifest: Manifest = {
    format: 1,
    version: source.version,
    createdAt: source.clock().toISOString(),
    moved,
    migrations: snapshot.migrations,
    tables,
    counters: snapshot.counters,
    logs: logs.map(({ origin, kind, size }) => ({ origin, kind, size })),
  };
  await writer.write(MANIFEST_FILE, Buffer.from(formatManifest(manifest)));
  return logs;
}

/** Blobs by digest; uploads under way are left out, their clients begin again. */
async function copyStore({ blobs }: BackupSource, writer: BackupWriter): Promise<readonly string[]> {
  const damaged: string[] = [];
  const copyOne = async (key: string): Promise<void> => {
    const digest = await writer.write(`blobs/${key}`, await blobs.open(key));
    if (key.startsWith('store/sha256/') && !key.endsWith(digest)) damaged.push(key);
  };
  const running = new Set<Promise<void>>();
  try {
    for await (const key of blobs.list('store')) {
      const one = copyOne(key).finally(() => running.delete(one));
      running.add(one);
      if (running.size >= COPIES_AT_ONCE) await Promise.race(running);
    }
    await Promise.all(running);
  } catch (error) {
    // Nobody waits for them any more; they must not write into a directory that is being removed.
    await Promise.allSettled(running);
    throw error;
  }
  return damaged.toSorted();
}
