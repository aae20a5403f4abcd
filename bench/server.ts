import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SERVER_NODE_OPTIONS } from '../packages/cli/src/server-program.ts';
import { freePort } from '../tools/demo/waybill.ts';

const REPOSITORY = resolve(import.meta.dirname, '..');
export const CLI = join(REPOSITORY, 'packages/cli/bin/waybill.js');
const SERVER = join(REPOSITORY, 'packages/server/bin/waybill-server.js');

export interface Started {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** From spawn to the first 200 of /readyz. */
  readonly readyMs: number;
  /** Requests answered so far, from the server's own log. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

/** The server as `waybill serve` runs it, in its own process, until /readyz says yes. */
export async function startServer(
  dataDir: string,
  { at, options = [] }: { readonly at?: number; readonly options?: readonly string[] } = {},
): Promise<Started> {
  // The data remembers its public URL, so a later start takes the same port.
  const port = at ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  const logPath = `${dataDir}.log`;
  const log = await open(logPath, 'w');
  const started = performance.now();
  const serverOptions = [
    '--data',
    dataDir,
    '--listen',
    `127.0.0.1:${port}`,
    '--log-level',
    'info',
    ...options,
  ];
  const child = spawn(
    process.execPath,
    [...SERVER_NODE_OPTIONS, SERVER, ...serverOptions],
    // Its log goes to a file: whoever measures has no time to read along.
    { stdio: ['ignore', 'ignore', log.fd] },
  );
  await ready(child, url);
  const readyMs = performance.now() - started;
  return {
    url,
    port,
    pid: child.pid ?? 0,
    readyMs,
    requests: async () => (await linesOf(logPath)).filter((line) => line.includes('"msg":"request"')).length,
    async stop() {
      const gone = new Promise((resolveGone) => child.once('exit', resolveGone));
      child.kill('SIGTERM');
      await gone;
      await log.close();
      for (const line of await linesOf(logPath))
        if (/"level":"(?:error|fatal)"/.test(line) || !line.startsWith('{')) console.error(line);
    },
  };
}

async function linesOf(path: string): Promise<readonly string[]> {
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  while (child.exitCode === null) {
    try {
      if ((await fetch(`${url}/readyz`)).ok) return;
    } catch (error) {
      // Not listening yet, which is what is being waited for.
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise((wait) => setTimeout(wait, 10));
  }
  throw new Error(`the server ended with ${child.exitCode}`);
}

/** A directory that the embedded PostgreSQL's user can reach, removed afterwards. */
export async function withDirectory<T>(work: (path: string) => Promise<T>): Promise<T> {
  const path = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
  await chmod(path, 0o711);
  try {
    return await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** With a server on a fresh directory, which stops and goes with it. */
export async function withServer(
  work: (server: Started, place: { readonly directory: string; readonly dataDir: string }) => Promise<void>,
  options: readonly string[] = [],
): Promise<void> {
  await withDirectory(async (directory) => {
    const dataDir = join(directory, 'data');
    const server = await startServer(dataDir, { options });
    try {
      await work(server, { directory, dataDir });
    } finally {
      await server.stop();
    }
  });
}
