import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { CodedError } from '@waybill/core';

/** For the test: what a task may do, and what it must not. */
const tasks = {
  double: ({ value }: { readonly value: number }): number => value * 2,
  /** How a child can be told from the one before it. */
  process: () => {
    const { pid, env, argv } = process;
    return { pid, names: Object.keys(env), argv };
  },
  reverse: ({ bytes }: { readonly bytes: Uint8Array }): Uint8Array => Uint8Array.from(bytes).reverse(),
  refuse: (): never => {
    throw new CodedError('digest_invalid', 'not a digest', { detail: { found: 'x' } });
  },
  fail: (): never => {
    throw new RangeError('a mistake of ours');
  },
  hang: (): never => {
    for (;;);
  },
  devour: (): number => {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, (_value, index) => index));
  },
  abort: (): never => process.abort(),
  read: ({ path }: { readonly path: string }): string => readOrRefusal(path),
  escape: () => ({
    write: refusalOf(() => writeFileSync('/tmp/waybill-escaped', '')),
    spawn: refusalOf(() => spawnSync('true')),
    thread: refusalOf(() => new Worker('', { eval: true })),
    evaluate: refusalOf(() => Reflect.construct(Function, ['return 1'])),
  }),
} as const;

function readOrRefusal(path: string): string {
  return refusalOf(() => readFileSync(path, 'utf8'));
}

function refusalOf(act: () => unknown): string {
  try {
    return String(act());
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).name;
  }
}

export const openTasks = (): typeof tasks => tasks;
export type TestTasks = typeof tasks;
