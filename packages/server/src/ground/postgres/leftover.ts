import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '@waybill/core';

/**
 * Ends what an earlier server left running over this cluster (a parent killed where setpriv is missing).
 * The caller holds the instance lock, so nobody else can be using it. Processes of a cluster are known by
 * their working directory: a pid in `postmaster.pid` may have been given to somebody else since.
 */
export async function stopLeftover(cluster: string): Promise<void> {
  const recorded = recordedPid(cluster);
  if (recorded === null) return;
  const before = processesIn(cluster);
  if (before.length === 0) {
    // No process can hold the old shared memory any more, so the file only blocks a start
    // when its pid belongs to a stranger by now.
    if (isAlive(recorded)) rmSync(join(cluster, 'postmaster.pid'), { force: true });
    return;
  }
  // SIGINT: fast shutdown. Backends without a postmaster end by themselves.
  if (before.includes(recorded)) signal(recorded, 'SIGINT');
  if (await gone(cluster, 8000)) return;
  for (const pid of processesIn(cluster)) signal(pid, 'SIGQUIT');
  if (await gone(cluster, 4000)) return;
  throw new CodedError(
    'postgres_leftover',
    `an earlier PostgreSQL over ${cluster} does not stop (process ${processesIn(cluster).join(', ')}): end it, then start again`,
  );
}

function recordedPid(cluster: string): number | null {
  try {
    const pid = Number(readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    // No such file: the last stop was clean.
    return null;
  }
}

function processesIn(cluster: string): number[] {
  const place = realpathSync(cluster);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => workingDirectory(pid) === place)
    .map(Number);
}

function workingDirectory(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // Ended meanwhile, or a process of another user: not ours to stop.
    return null;
  }
}

async function gone(cluster: string, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  while (processesIn(cluster).length > 0) {
    if (Date.now() > until) return false;
    await delay(20);
  }
  return true;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
