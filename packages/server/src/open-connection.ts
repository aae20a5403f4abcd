import { type Config, type DbOptions, type Logger, startPostgres } from './ground/index.ts';

/** For a command without a server: the database that the configuration names, or the embedded one started for this. */
export async function openConnection(
  { databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>,
  around: { readonly log: Logger; readonly undo: (() => Promise<void> | void)[] },
): Promise<DbOptions['connection']> {
  if (databaseUrl !== null) return { connectionString: databaseUrl.reveal() };
  const embedded = await startPostgres({ dataDir, log: around.log });
  around.undo.push(() => embedded.stop());
  return embedded.connection;
}
