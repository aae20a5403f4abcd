/** `waybill backup create|verify|restore`: where the data lies is said as to the server, by its own options. */
import { CodedError } from '@waybill/core';
import {
  assertEmpty,
  assertRestorable,
  assertUnused,
  type BackupSource,
  backupError,
  createBackup,
  describeLogs,
  markComplete,
  markIncomplete,
  restoreBackup,
  verifyBackup,
} from './backup/index.ts';
import {
  type Config,
  configHelp,
  createLog,
  type Logger,
  lockInstance,
  MASTER_KEY_FILE,
  openDb,
  openFileSystem,
  openGivenKey,
  openMasterKey,
  parseConfig,
  placeMarker,
  type Seal,
  systemClock,
} from './ground/index.ts';
import { findDatabase, openConnection } from './open-connection.ts';
import { VERSION } from './version.ts';

const HELP = `
waybill backup create --to DIR [--move]
    copies everything but the master key into a new directory, while the server runs
    --move  ends the logs of this data, so that they may go on from the backup; every server must be stopped
waybill backup verify --from DIR
    reads a backup and compares it with its checksums, and with the master key where there is one
waybill backup restore --from DIR [--continue-log]
    into an empty data directory, in which only ${MASTER_KEY_FILE} may lie, or an empty database
    --continue-log  for the one restore of a backup made with --move: the logs go on
`;

interface Words {
  readonly verb: string;
  readonly directory: string;
  readonly flag: boolean;
  readonly config: Config;
}

type Undo = (() => Promise<void> | void)[];

/** Throws what the rooms throw; `config_…` for words it does not know. */
export async function backupCommand(argv: readonly string[]): Promise<void> {
  if (argv.length === 0 || argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(`${HELP}\nOptions of the server, which say where its data lies:\n${configHelp()}\n`);
    return;
  }
  const words = readWords(argv);
  const log = createLog(words.config.logLevel === 'info' ? 'warn' : words.config.logLevel);
  for (const warning of words.config.warnings) log.warn(warning);
  const undo: Undo = [];
  try {
    say(await VERBS[words.verb as keyof typeof VERBS](words, { log, undo }));
  } finally {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  }
}

interface Around {
  readonly log: Logger;
  readonly undo: Undo;
}

const VERBS = { create, verify, restore } as const;
const OWN: Readonly<Record<keyof typeof VERBS, { readonly path: string; readonly flag: string | null }>> = {
  create: { path: '--to', flag: '--move' },
  verify: { path: '--from', flag: null },
  restore: { path: '--from', flag: '--continue-log' },
};

function readWords(argv: readonly string[]): Words {
  const [verb = '', ...rest] = argv;
  if (!Object.hasOwn(OWN, verb))
    throw new CodedError(
      'config_unknown_option',
      `waybill backup ${verb}: expected create, verify or restore`,
    );
  const own = OWN[verb as keyof typeof OWN];
  const words = rest.flatMap((word) =>
    word.startsWith(`${own.path}=`) ? [own.path, word.slice(own.path.length + 1)] : [word],
  );
  const at = words.indexOf(own.path);
  const directory = at === -1 ? undefined : words[at + 1];
  if (directory === undefined || directory === '' || directory.startsWith('--'))
    throw new CodedError('config_invalid', `waybill backup ${verb} needs ${own.path} DIR`);
  words.splice(at, 2);
  const flag = own.flag !== null && words.includes(own.flag);
  const config = parseConfig(
    words.filter((word) => word !== own.flag),
    process.env,
  );
  return { verb, directory, flag, config };
}

async function create({ directory, flag: move, config }: Words, { log, undo }: Around): Promise<string> {
  const source = await openSource(config, { log, undo });
  const { files, sizeBytes, damaged } = await createBackup(source, { to: directory, move });
  for (const key of damaged)
    log.warn(`the store's ${key} does not have the bytes of its digest: restore it from an older backup`);
  const moved = move
    ? '. Restore it once with --continue-log; a server that starts over the old data begins new logs'
    : '';
  return `backup of ${files} files, ${megabytes(sizeBytes)}, written to ${directory}. The master key is not in it: keep that apart${moved}`;
}

async function verify({ directory, config }: Words): Promise<string> {
  const seal = await openGivenKey({ dataDir: config.dataDir, fromEnvironment: config.masterKey });
  const { manifest, sums, authentic } = await verifyBackup(directory, seal);
  const key = authentic
    ? 'made under this master key'
    : `whole, but without the master key (WAYBILL_MASTER_KEY, or ${config.dataDir}/${MASTER_KEY_FILE}) nobody knows whether it was changed`;
  return `${directory}: ${sums.size} files of Waybill ${manifest.version}, ${manifest.createdAt}${manifest.moved ? ', moved' : ''}: ${key}`;
}

async function restore(
  { directory, flag: continueLogs, config }: Words,
  { log, undo }: Around,
): Promise<string> {
  const { dataDir, blobsDir } = config;
  await assertEmpty(dataDir);
  await assertEmpty(blobsDir);
  const backup = await verifyBackup(directory, await requireKey(config));
  await assertRestorable(backup, continueLogs);
  if (config.databaseUrl !== null) await assertUnused({ connectionString: config.databaseUrl.reveal() });
  const lock = await lockInstance({ dataDir, url: 'waybill backup restore', now: systemClock() });
  undo.push(() => lock.release());
  await markIncomplete(dataDir);
  const target = {
    connection: await openConnection(config, { log, undo }),
    blobs: await openFileSystem({ root: blobsDir }),
    clock: systemClock,
    log,
  };
  await restoreBackup(backup, target, { continueLogs });
  // What goes on here goes on here only.
  await placeMarker(blobsDir).mark();
  await markComplete(dataDir);
  return `restored into ${dataDir}; ${describeLogs(backup.manifest, continueLogs)}. Start the server with the --url it had`;
}

async function requireKey({ dataDir, masterKey }: Config): Promise<Seal> {
  const seal = await openGivenKey({ dataDir, fromEnvironment: masterKey });
  if (seal !== null) return seal;
  throw backupError(
    'restore_no_key',
    `the backup needs its master key, which is not in it: put it into ${dataDir}/${MASTER_KEY_FILE} (mode 0600), or give it in WAYBILL_MASTER_KEY`,
  );
}

async function openSource(config: Config, { log, undo }: Around): Promise<BackupSource> {
  const connection = await findDatabase(config, { log, undo, what: 'waybill backup create' });
  const db = openDb({ connection, log });
  undo.push(() => db.close());
  const seal = await openMasterKey({ dataDir: config.dataDir, fromEnvironment: config.masterKey, db });
  const blobs = await openFileSystem({ root: config.blobsDir, inUse: true });
  return { connection, db, blobs, seal, clock: systemClock, version: VERSION };
}

function megabytes(sizeBytes: number): string {
  return `${(sizeBytes / 1e6).toFixed(1)} MB`;
}

function say(sentence: string): void {
  process.stdout.write(`${sentence}\n`);
}
