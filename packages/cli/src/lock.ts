import { open, readFile, stat } from 'node:fs/promises';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { cliError } from './exit.ts';
import { codeOf, reasonOf, removeIfPresent } from './files.ts';
import type { Session } from './session.ts';

const WAIT_LIMIT_MS = 30_000;
const RETRY_MS = 15;
/** A lock is written right after it is created; an empty one older than this belongs to a process that died in between. */
const EMPTY_LIMIT_MS = 2000;

/**
 * Runs `work` while this process holds `<file>.lock`, which names its holder's host and pid.
 * A lock whose holder is dead is taken over. Throws `state_locked` after 30 s.
 */
export async function withLock<T>(session: Session, file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  await acquire(session, lock);
  const guard = session.onInterrupt(() => removeIfPresent(lock));
  try {
    return await work();
  } finally {
    await removeIfPresent(lock);
    guard.forget();
  }
}

async function acquire(session: Session, lock: string): Promise<void> {
  const deadline = performance.now() + WAIT_LIMIT_MS;
  while (!(await create(lock))) {
    session.interrupted.throwIfAborted();
    if (await isAbandoned(lock)) await takeAway(lock);
    else if (performance.now() > deadline) {
      throw cliError(
        'state_locked',
        `${lock} is held by another waybill (${await holderOf(lock)}): wait for it, or remove the file if there is none`,
      );
    } else await delay(RETRY_MS);
  }
}

async function create(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx', 0o600);
    try {
      await handle.writeFile(`${os.hostname()} ${process.pid}\n`);
    } finally {
      await handle.close();
    }
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw cliError('cli_file', `cannot create ${lock} (${reasonOf(cause)})`, { cause });
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const [host, pid] = (await holderOf(lock)).split(' ');
  if (!host) return (await ageOf(lock)) > EMPTY_LIMIT_MS;
  return host === os.hostname() && !isAlive(Number(pid));
}

/** Removes an abandoned lock; of several waiting processes one at a time, so that none removes the new lock of another. */
async function takeAway(lock: string): Promise<void> {
  const turn = `${lock}.turn`;
  if (!(await create(turn))) {
    if ((await ageOf(turn)) > EMPTY_LIMIT_MS) await removeIfPresent(turn);
    return delay(RETRY_MS);
  }
  try {
    if (await isAbandoned(lock)) await removeIfPresent(lock);
  } finally {
    await removeIfPresent(turn);
  }
}

async function holderOf(lock: string): Promise<string> {
  try {
    return (await readFile(lock, 'utf8')).trim();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

async function ageOf(file: string): Promise<number> {
  try {
    return Date.now() - (await stat(file)).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 0;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
