import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, messageOf } from '@waybill/core';

export interface InstanceLock {
  release(): void;
}

export interface InstanceLockOptions {
  readonly dataDir: string;
  /** Where this server will be reached; shown to whoever is refused. */
  readonly url: string;
  readonly now: Date;
  /** How long a holder in another container is watched for a sign of life. */
  readonly watchMs?: number;
}

interface Holder {
  readonly pid: number;
  /** With the pid, a process for certain: pids are given out again. */
  readonly processStart: string;
  /** The machine's boot and the pid's name space: in another one the pid means somebody else. */
  readonly place: string;
  readonly since: string;
  readonly url: string;
}

interface Found {
  readonly text: string;
  /** null for a file that no server can have written whole. */
  readonly holder: Holder | null;
}

const FILE = 'server.lock';
const HEARTBEAT_MS = 2000;
/** A holder in another container can only be seen by its heartbeat. */
const WATCH_MS = 5000;

/**
 * One server per data directory. Throws `data_dir_in_use` naming the holder, `data_dir_unusable`.
 * A holder that was killed leaves a file behind, which the next one recognises and replaces.
 */
export async function lockInstance(options: InstanceLockOptions): Promise<InstanceLock> {
  const { dataDir, url, now } = options;
  makeDataDirectory(dataDir);
  const file = join(dataDir, FILE);
  const mine: Holder = {
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
    place: place(),
    since: now.toISOString(),
    url,
  };
  for (let attempt = 0; attempt < 10; attempt++) {
    if (claim(file, mine)) return hold(file, mine);
    const found = readHolder(file);
    if (found === null) continue;
    if (await isHeld(file, found, options.watchMs ?? WATCH_MS)) throw inUse(dataDir, found.holder);
    evict(file, found.text);
  }
  throw new CodedError(
    'data_dir_in_use',
    `${dataDir}: several servers are starting over this directory at once: start one`,
  );
}

function makeDataDirectory(dataDir: string): void {
  try {
    makeDirectory(dataDir);
    writeFileSync(join(dataDir, '.probe'), '');
    rmSync(join(dataDir, '.probe'));
  } catch (cause) {
    throw new CodedError(
      'data_dir_unusable',
      `cannot write to the data directory ${dataDir} (${(cause as NodeJS.ErrnoException).code ?? messageOf(cause)}): create it for this user, or choose another with --data`,
      { cause },
    );
  }
}

/** As root the way to the embedded PostgreSQL, which runs as somebody else, stays open whatever the umask. */
function makeDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  makeDirectory(dirname(directory));
  mkdirSync(directory);
  chmodSync(directory, process.geteuid?.() === 0 ? 0o711 : 0o700);
}

/** The link makes the file appear whole or not at all, and for one of us only. */
function claim(file: string, mine: Holder): boolean {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function hold(file: string, mine: Holder): InstanceLock {
  const text = JSON.stringify(mine);
  const beat = setInterval(() => {
    try {
      utimesSync(file, new Date(), new Date());
    } catch {
      // The disk is full or gone: other parts of the server say so with more to act upon.
    }
  }, HEARTBEAT_MS);
  beat.unref();
  return {
    release() {
      clearInterval(beat);
      if (readHolder(file)?.text === text) rmSync(file, { force: true });
    },
  };
}

function readHolder(file: string): Found | null {
  try {
    const text = readFileSync(file, 'utf8');
    return { text, holder: parseHolder(text) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Holder | null;
    return typeof value?.pid === 'number' && typeof value.place === 'string' ? value : null;
  } catch {
    // Cut short by a full disk: no server can be behind it, as claim() writes before it shows.
    return null;
  }
}

async function isHeld(file: string, { text, holder }: Found, watchMs: number): Promise<boolean> {
  if (holder === null) return false;
  if (holder.place === place()) return isRunning(holder, watchMs);
  const seen = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  for (let waited = 0; waited < watchMs; waited += 100) {
    await delay(100);
    const current = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (current === undefined) return false;
    if (current !== seen) return readHolder(file)?.text === text;
  }
  return false;
}

/** Takes a dead holder's file away; gives it back when another starter was faster and it is theirs by now. */
function evict(file: string, stale: string): void {
  const away = `${file}.stale.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(file, away);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(away, 'utf8') !== stale) linkSync(away, file);
  rmSync(away, { force: true });
}

/** Of a killed process some threads may still be on their way out: it is waited for. */
async function isRunning({ pid, processStart: start }: Holder, watchMs: number): Promise<boolean> {
  const ends = performance.now() + watchMs;
  while (processStart(pid) === start) {
    if (!isEnding(pid) || performance.now() > ends) return true;
    if (readdirIfPresent(`/proc/${pid}/task`).length < 2) return false;
    await delay(10);
  }
  return false;
}

/** Dead, and only an entry that its parent has not asked for; as process 1 of a container many never do. */
function isEnding(pid: number): boolean {
  return processStat(pid)[0] === 'Z';
}

/** In clock ticks since boot; null when there is no such process. */
function processStart(pid: number): string | null {
  return processStat(pid)[19] ?? null;
}

/** The fields of /proc/<pid>/stat from the third on; none when there is no such process. */
function processStat(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

function readdirIfPresent(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function place(): string {
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
}

function inUse(dataDir: string, holder: Holder | null): CodedError<'data_dir_in_use'> {
  return new CodedError(
    'data_dir_in_use',
    `${dataDir} is in use by the server at ${holder?.url} (process ${holder?.pid}, since ${holder?.since}): stop it, or choose another --data`,
    { detail: { pid: holder?.pid, since: holder?.since, url: holder?.url } },
  );
}
