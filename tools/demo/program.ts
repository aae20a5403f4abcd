import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { interrupted } from './interrupted.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are no failure; 0 unless told. */
  readonly expect?: readonly number[];
}

/** Runs a program to its end. Throws with its own words when it ends otherwise than expected. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: interrupted,
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      output[name] += chunk;
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  const outcome = { code: code ?? -1, ...output };
  if (!(options.expect ?? [0]).includes(outcome.code)) {
    throw new Error(
      `${[program, ...args].join(' ').slice(0, 200)} ended with ${outcome.code}\n${outcome.stderr || outcome.stdout}`,
    );
  }
  return outcome;
}
