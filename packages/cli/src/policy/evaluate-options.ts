import { randomInt } from 'node:crypto';
import type { EvaluateOptions, Value } from '@waybill/rego';
import type { Session } from '../session.ts';

const NS_PER_MS = 1_000_000n;
const SEEDS = 2 ** 32;

/** An evaluation by a person at a machine: now, by chance, printing to them, and bounded by time alone. */
export function evaluateOptions(
  { output }: Pick<Session, 'output'>,
  given: { readonly input: Value | undefined; readonly data: Value; readonly deadlineMs: number },
): EvaluateOptions {
  return {
    ...given,
    maxSteps: Number.MAX_SAFE_INTEGER,
    nowNs: BigInt(Date.now()) * NS_PER_MS,
    seed: randomInt(SEEDS),
    print: (text) => output.note(text),
  };
}
