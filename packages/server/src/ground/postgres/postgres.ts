import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { CodedError, messageOf } from '@waybill/core';
import pg from 'pg';
import type { Logger } from '../log/log.ts';
import { type Account, assertReachable, ownName, postgresAccount } from './account.ts';
import { installBinaries } from './binaries.ts';
import { stopLeftover } from './leftover.ts';

export interface PostgresServer {
  /** Where the database `waybill` is; spread it into a pg.Pool or pg.Client. */
  readonly connection: pg.PoolConfig;
  /** Resolves with the reason when the server ends without stop() having been called. */
  readonly lost: Promise<string>;
  /** Fast shutdown; resolves when the process has ended, after ten seconds at most. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  readonly dataDir: string;
  readonly log: Logger;
  /** Additional postgresql.conf settings (tests switch fsync off). */
  readonly settings?: Readonly<Record<string, string>>;
}

const ROLE = 'waybill';
const DATABASE = 'waybill';
const PORT = 5432;
const START_TIMEOUT_MS = 60_000;
/** sockaddr_un holds 107 characters. */
const MAX_SOCKET_PATH = 107;

const SETTINGS = {
  listen_addresses: '',
  port: String(PORT),
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_line_prefix: '',
  jit: 'off',
  // After a crash PostgreSQL makes its data durable before it replays: one call in place of a thousand fsyncs, which
  // took seconds of each restart. Linux only; since 5.8 it reports failed writes as they do.
  ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
};

interface Layout {
  readonly root: string;
  readonly binaries: string;
  readonly cluster: string;
  readonly config: string;
  readonly sockets: string;
  readonly account: Account;
}

/**
 * The embedded PostgreSQL of one data directory, as a child process that dies with this one.
 * The caller MUST hold the instance lock of `dataDir` and be on the main thread (the kernel ties the child
 * to the thread that made it). Throws postgres_* errors that say what to do.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const layout = prepare(resolve(options.dataDir));
  await stopLeftover(layout.cluster);
  if (!existsSync(join(layout.cluster, 'PG_VERSION')))
    initCluster(layout, options.settings?.['fsync'] !== 'off');
  assertSameMajor(layout);
  writeAccessRules(layout);
  clearSockets(layout);
  const server = await launch(layout, options);
  try {
    await createDatabase(server.connection);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function prepare(dataDir: string): Layout {
  const root = join(dataDir, 'pg');
  const cluster = join(root, 'cluster');
  const account = postgresAccount(existsSync(cluster) ? cluster : null);
  makeDirectories(dataDir, root, account);
  assertReachable(root, account);
  const sockets = socketDirectory(root, account);
  return { root, binaries: installBinaries(root), cluster, config: join(root, 'config'), sockets, account };
}

/** Under another account the way through must be open; everything secret beside it has a mode of its own. */
function makeDirectories(dataDir: string, root: string, account: Account): void {
  assertReachable(nearestExisting(dirname(dataDir)), account);
  for (const directory of [dataDir, root, join(root, 'config')]) {
    try {
      makeDirectory(directory, account.other ? 0o711 : 0o700);
      if (account.other && statSync(directory).uid !== account.uid) chmodSync(directory, 0o711);
    } catch (cause) {
      throw new CodedError(
        'postgres_directory',
        `cannot prepare ${directory} (${messageOf(cause)}): choose a --data directory that this user may write to`,
        { cause },
      );
    }
  }
}

/** Whatever the umask says: a missing parent gets the same mode. */
function makeDirectory(directory: string, mode: number): void {
  if (existsSync(directory)) return;
  makeDirectory(dirname(directory), mode);
  mkdirSync(directory, { mode });
  chmodSync(directory, mode);
}

function nearestExisting(directory: string): string {
  return existsSync(directory) ? directory : nearestExisting(dirname(directory));
}

function socketDirectory(root: string, account: Account): string {
  const near = join(root, 'run');
  const fits = Buffer.byteLength(`${near}/.s.PGSQL.${PORT}`) <= MAX_SOCKET_PATH;
  if (fits) mkdirSync(near, { recursive: true, mode: 0o700 });
  const directory = fits ? near : mkdtempSync(join(shortTemp(), 'waybill-'));
  own(directory, account);
  assertReachable(directory, account);
  return directory;
}

function shortTemp(): string {
  return tmpdir().length < 60 ? tmpdir() : '/tmp';
}

function own(directory: string, account: Account): void {
  if (account.other) chownSync(directory, account.uid, account.gid);
  chmodSync(directory, 0o700);
}

/** initdb works beside the final place: a cluster cut short is never taken for one. */
function initCluster(layout: Layout, durable: boolean): void {
  const fresh = `${layout.cluster}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh);
  own(fresh, layout.account);
  const result = spawnSync(
    join(layout.binaries, 'bin', 'initdb'),
    [
      '-D',
      fresh,
      '-U',
      ROLE,
      '--encoding=UTF8',
      '--locale=C.UTF-8',
      '--auth=peer',
      '--no-instructions',
      ...(durable ? [] : ['--no-sync']),
    ],
    {
      ...asAccount(layout.account),
      cwd: '/',
      env: environment(),
      encoding: 'utf8',
      timeout: START_TIMEOUT_MS,
    },
  );
  if (result.status !== 0) {
    throw new CodedError(
      'postgres_init_failed',
      `initdb could not create the database in ${layout.cluster}: ${lastLines(`${result.stderr ?? ''}`) || messageOf(result.error)}`,
    );
  }
  renameSync(fresh, layout.cluster);
}

function assertSameMajor(layout: Layout): void {
  const found = readFileSync(join(layout.cluster, 'PG_VERSION'), 'utf8').trim();
  const expected = layout.binaries.slice(layout.root.length + 1).split('.')[0];
  if (found === expected) return;
  throw new CodedError(
    'postgres_version',
    `${layout.cluster} was made by PostgreSQL ${found}, this program carries ${expected}: start the Waybill that made it, or restore its backup into a new --data directory`,
  );
}

/**
 * Only the account of this process may connect, over the private socket. The files are ours and outside the
 * cluster: as root we never write where PostgreSQL's account could have planted a symlink.
 */
function writeAccessRules(layout: Layout): void {
  const write = (name: string, text: string): void => {
    const file = join(layout.config, name);
    writeFileSync(file, text, { mode: 0o644 });
    chmodSync(file, 0o644);
  };
  write('pg_hba.conf', 'local all all peer map=waybill\n');
  write('pg_ident.conf', `waybill "${ownName()}" ${ROLE}\n`);
}

/** A lock file of a killed server would block the next when its pid has been given away. */
function clearSockets(layout: Layout): void {
  rmSync(join(layout.sockets, `.s.PGSQL.${PORT}`), { force: true });
  rmSync(join(layout.sockets, `.s.PGSQL.${PORT}.lock`), { force: true });
}

async function launch(layout: Layout, options: PostgresOptions): Promise<PostgresServer> {
  const child = spawnServer(layout, options.settings ?? {});
  const connection = { host: layout.sockets, port: PORT, user: ROLE, database: DATABASE };
  let stopping = false;
  const ended = once(child, 'exit').then(
    ([code, signal]) => `it ended with ${signal ?? `exit code ${code}`}`,
  );
  const killAtExit = (): void => void child.kill('SIGINT');
  process.once('exit', killAtExit);
  const lost = new Promise<string>((report) => {
    void ended.then((reason) => {
      process.off('exit', killAtExit);
      if (!stopping) report(reason);
    });
  });
  await untilReady(child, ended, options.log);
  // From here on it is not PostgreSQL that keeps this process alive.
  child.unref();
  (child.stderr as { unref?: () => void } | null)?.unref?.();
  return {
    connection,
    lost,
    async stop() {
      stopping = true;
      child.ref();
      await end(child, ended);
      if (!layout.sockets.startsWith(layout.root)) rmSync(layout.sockets, { recursive: true, force: true });
    },
  };
}

function spawnServer(layout: Layout, extra: Readonly<Record<string, string>>): ChildProcess {
  const { account } = layout;
  const settings = {
    ...SETTINGS,
    unix_socket_directories: layout.sockets,
    hba_file: join(layout.config, 'pg_hba.conf'),
    ident_file: join(layout.config, 'pg_ident.conf'),
    ...extra,
  };
  const program = join(layout.binaries, 'bin', 'postgres');
  const args = ['-D', layout.cluster, ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`])];
  // Own session: Ctrl-C in a terminal must reach us only, who stop PostgreSQL last.
  const common = {
    cwd: '/',
    env: environment(),
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'],
  };
  if (!hasSetpriv()) return spawn(program, args, { ...common, ...asAccount(account) });
  const become = account.other ? [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'] : [];
  return spawn('setpriv', [...become, '--pdeathsig=INT', '--', program, ...args], common);
}

/** util-linux; the one of busybox lacks what we need. */
function hasSetpriv(): boolean {
  return spawnSync('setpriv', ['--pdeathsig=INT', '--', 'true'], { stdio: 'ignore' }).status === 0;
}

function asAccount(account: Account): { uid?: number; gid?: number } {
  return account.other ? { uid: account.uid, gid: account.gid } : {};
}

/** PG* variables of the caller's environment must not steer the server. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}

async function untilReady(child: ChildProcess, ended: Promise<string>, log: Logger): Promise<void> {
  const recent: string[] = [];
  if (child.stderr === null) throw new CodedError('postgres_start_failed', 'PostgreSQL has no output');
  const lines = createInterface({ input: child.stderr });
  const ready = new Promise<'ready'>((report) => {
    lines.on('line', (line) => {
      recent.push(line);
      if (recent.length > 12) recent.shift();
      log[/^(FATAL|PANIC|ERROR)/.test(line) ? 'warn' : 'debug']({ postgres: line }, 'postgres');
      if (line.includes('database system is ready to accept connections')) report('ready');
    });
  });
  const failed = new Promise<string>(
    (report) => void child.once('error', (error) => report(messageOf(error))),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((report) => {
    timer = setTimeout(() => report(`not ready after ${START_TIMEOUT_MS / 1000} s`), START_TIMEOUT_MS);
  });
  const outcome = await Promise.race([ready, ended, failed, late]);
  clearTimeout(timer);
  if (outcome === 'ready') return;
  child.kill('SIGQUIT');
  throw new CodedError(
    'postgres_start_failed',
    `PostgreSQL did not start: ${outcome}. ${recent.join(' | ')}`,
  );
}

/** SIGINT fast, then SIGQUIT immediate (recovers from the log at the next start), then the kernel. */
async function end(child: ChildProcess, ended: Promise<string>): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', 7000],
    ['SIGQUIT', 2500],
    ['SIGKILL', 500],
  ] as const) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((report) => {
      timer = setTimeout(report, waitMs);
    });
    await Promise.race([ended, late]);
    clearTimeout(timer);
  }
}

async function createDatabase(connection: pg.PoolConfig): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } finally {
    await client.end();
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' | ');
}
