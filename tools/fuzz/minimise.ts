import { type Failure, FuzzFault, judgeTwice } from './session.ts';
import type { Target } from './target.ts';

const BUDGET_MS = 5000;

/** A smaller input that fails alike: parts are left out as long as it still fails, for five seconds at most. */
export async function minimise(target: Target, { input, kind }: Failure): Promise<Uint8Array> {
  const endsAt = performance.now() + BUDGET_MS;
  let smallest = input;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length; ) {
      if (performance.now() > endsAt) return smallest;
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      if ((await faultOf(target, shorter))?.kind === kind) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}

/** What is wrong with the target's answer to `input`; null when nothing is. */
export async function faultOf(target: Target, input: Uint8Array): Promise<FuzzFault | null> {
  try {
    await judgeTwice(target, input);
    return null;
  } catch (error) {
    if (error instanceof FuzzFault) return error;
    throw error;
  }
}
