import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, startProcess } from '@waybill/testkit';

export type Victim = 'server' | 'PostgreSQL';

export interface Place {
  readonly dataDir: string;
  readonly port: number;
  /** Options of the server. */
  readonly more?: readonly string[];
}

/** Without its PostgreSQL the server ends by itself, and says why. */
export async function kill(server: ServerProcess, victim: Victim, { dataDir }: Place): Promise<void> {
  if (victim === 'server') {
    assert.equal((await server.end('SIGKILL')).signal, 'SIGKILL');
    return;
  }
  const pidFile = await readFile(join(dataDir, 'pg/cluster/postmaster.pid'), 'utf8');
  process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL');
  const { code, stderr } = await server.ended;
  assert.equal(code, 1, stderr);
  const said = stderr.split('\n').filter((line) => line.startsWith('waybill: '));
  assert.equal(said.length, 1, stderr);
  assert.match(said[0] ?? '', /the embedded PostgreSQL has ended \(.*SIGKILL\); the server stops/);
}

/** Up to the first answer that it is ready. */
export async function restart(
  place: Place,
): Promise<{ readonly server: ServerProcess; readonly restartMs: number }> {
  const startedMs = performance.now();
  const server = await startProcess(place);
  const answer = await fetch(`${server.url}/readyz`);
  assert.equal(answer.status, 200, await answer.text());
  return { server, restartMs: Math.round(performance.now() - startedMs) };
}
