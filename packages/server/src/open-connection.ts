/** For commands without a server: the database of the data that they are about. */
import { isCoded } from '@waybill/core';
import { backupError } from './backup/index.ts';
import {
  type Config,
  type DbOptions,
  hasCluster,
  type Logger,
  lockInstance,
  runningPostgres,
  startPostgres,
  systemClock,
} from './ground/index.ts';

type Place = Pick<Config, 'databaseUrl' | 'dataDir'>;

interface Around {
  readonly log: Logger;
  readonly undo: (() => Promise<void> | void)[];
}

/** The database that the configuration names, or the embedded one started for this. */
export async function openConnection(
  { databaseUrl, dataDir }: Place,
  { log, undo }: Around,
): Promise<DbOptions['connection']> {
  if (databaseUrl !== null) return { connectionString: databaseUrl.reveal() };
  const embedded = await startPostgres({ dataDir, log });
  undo.push(() => embedded.stop());
  return embedded.connection;
}

/** The same, or the database of a running server; `what` is shown to whoever starts one meanwhile. Throws `backup_no_source`. */
export async function findDatabase(
  place: Place,
  around: Around & { readonly what: string },
): Promise<DbOptions['connection']> {
  const { dataDir, databaseUrl } = place;
  if (databaseUrl !== null) return openConnection(place, around);
  if (!hasCluster(dataDir))
    throw backupError('backup_no_source', `there is no data of a server in ${dataDir}: name it with --data`);
  try {
    const lock = await lockInstance({ dataDir, url: around.what, now: systemClock() });
    around.undo.push(() => lock.release());
  } catch (error) {
    if (isCoded(error, 'data_dir_in_use')) return runningPostgres(dataDir);
    throw error;
  }
  return openConnection(place, around);
}
