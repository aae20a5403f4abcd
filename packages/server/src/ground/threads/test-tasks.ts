import { CodedError } from '@waybill/core';

/** For the test: what a task may do, and what it must not. */
const tasks = {
  double: ({ value }: { readonly value: number }): number => value * 2,
  work: ({ forMs }: { readonly forMs: number }): number => {
    const startedMs = performance.now();
    while (performance.now() - startedMs < forMs);
    return forMs;
  },
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
} as const;

export function openTasks(data: { readonly factor: number }) {
  return { ...tasks, times: ({ value }: { readonly value: number }): number => value * data.factor };
}
export type TestTasks = ReturnType<typeof openTasks>;
