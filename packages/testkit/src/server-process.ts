/** The real program as a child process: its own PostgreSQL, its own sockets, signals. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../server/bin/waybill-server.js', import.meta.url));
const READY = /^waybill is ready on (\S+), data in (.+)$/m;
/** Far beyond what a start takes: a machine may be busy, or all of its processes stopped for a while. */
const START_TIMEOUT_MS = 120_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

interface Place {
  readonly dataDir: string;
  readonly port: number;
  readonly more?: readonly string[];
  readonly account?: Account | undefined;
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Sends the signal; resolves when the process is gone. */
  end(signal: NodeJS.Signals): Promise<Ended & { readonly ms: number }>;
}

/** Runs the program until it ends by itself. */
export async function runToEnd(...args: readonly string[]): Promise<Ended> {
  return runAs(undefined, ...args);
}

/** The same under another account, which only root may choose. */
export async function runAs(account: Account | undefined, ...args: readonly string[]): Promise<Ended> {
  const started = launch(args, account);
  const timer = setTimeout(() => started.child.kill('SIGKILL'), START_TIMEOUT_MS);
  const ended = await started.ended;
  clearTimeout(timer);
  return ended;
}

/** Starts the server and kills it after a while, wherever its start is by then. */
export async function killWhileStarting(options: Place, afterMs: number): Promise<Ended> {
  const { child, ended } = launch(argumentsOf(options), options.account);
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  const result = await ended;
  clearTimeout(timer);
  return result;
}

/** Resolves when the server says that it is ready; rejects with all it printed when it ends before. */
export async function startProcess(options: Place): Promise<ServerProcess> {
  const { child, ended, said } = launch(argumentsOf(options), options.account);
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  const url = await Promise.race([said(READY), ended.then(refuseToStart)]);
  clearTimeout(timer);
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    async end(signal) {
      const startedMs = performance.now();
      child.kill(signal);
      const result = await ended;
      return { ...result, ms: performance.now() - startedMs };
    },
  };
}

function argumentsOf({ dataDir, port, more = [] }: Place): readonly string[] {
  return ['--data', dataDir, '--listen', `127.0.0.1:${port}`, '--log-level', 'warn', ...more];
}

function refuseToStart({ code, signal, stdout, stderr }: Ended): never {
  throw new Error(`the server ended with ${signal ?? code} before it was ready:\n${stdout}${stderr}`);
}

function launch(
  args: readonly string[],
  account?: Account,
): {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with the first group of the pattern once the output holds it. */
  said(pattern: RegExp): Promise<string>;
} {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: '/',
    env: environment(),
    ...account,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  }
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    ...output,
  }));
  const said = (pattern: RegExp): Promise<string> =>
    new Promise((found) => {
      child.stdout.on('data', () => {
        const [, group] = pattern.exec(output.stdout) ?? [];
        if (group !== undefined) found(group);
      });
    });
  return { child, ended, said };
}

/** What the test run itself is told by must not steer the server. */
function environment(): NodeJS.ProcessEnv {
  const foreign = /^(?:WAYBILL_|NODE_TEST|PG)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/** A port that was free a moment ago: a server that is to come back under the same URL needs one that stays. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await once(probe.listen(0, '127.0.0.1'), 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}
