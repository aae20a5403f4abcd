import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** The real program, as a person starts it. */
export const BIN = path.resolve(import.meta.dirname, '../bin/waybill.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  readonly bin?: string;
  readonly node?: string;
}

/** An environment without the caller's CI system, login or colours. */
export function cleanEnv(cwd: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: cwd, XDG_CONFIG_HOME: path.join(cwd, 'config'), ...more };
}

export function startProgram(args: readonly string[], options: RunOptions): ChildProcess {
  const { cwd, env = {}, bin = BIN, node = process.execPath } = options;
  return spawn(node, [bin, ...args], { cwd, env: cleanEnv(cwd, env), stdio: 'pipe' });
}

export function ended(child: ChildProcess, stdin = ''): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    // A program may well end before it has read what nobody asked it to read.
    child.stdin?.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') reject(error);
    });
    child.stdin?.end(stdin);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

export function waybill(args: readonly string[], options: RunOptions): Promise<Ended> {
  return ended(startProgram(args, options), options.stdin);
}

/** Another program, in the same environment. */
export function spawned(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
  const { cwd, env = {}, stdin } = options;
  return ended(spawn(program, args, { cwd, env: cleanEnv(cwd, env), stdio: 'pipe' }), stdin);
}

export async function workspace(): Promise<{ readonly dir: string } & AsyncDisposable> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'waybill-cli-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
