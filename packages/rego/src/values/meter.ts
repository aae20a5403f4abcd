/**
 * Counts the work of the evaluation that runs in this thread. Values count on it too, as to compare, hash or write
 * large ones is no single step: two documents that share their parts with themselves have more pairs than anything.
 */

/** Told how much was done when the last answer is reached; says at how much to ask again, or throws. */
export type Look = (steps: number) => number;

const never: Look = () => Number.POSITIVE_INFINITY;

let steps = 0;
let limit = Number.POSITIVE_INFINITY;
let look = never;

export function spend(count: number): void {
  steps += count;
  // What is no number is over every limit.
  if (!(steps < limit)) limit = look(steps);
}

/** Runs `work`, whose steps count from 0; those of an evaluation around it go on afterwards. */
export function metered<Result>(start: Look, work: () => Result): Result {
  const outer = [steps, limit, look] as const;
  [steps, limit, look] = [0, start(0), start];
  try {
    return work();
  } finally {
    [steps, limit, look] = outer;
  }
}

/** Shorter texts are a step of whoever handles them. */
const LONG_TEXT = 256;

/** Counts the work on a text of this length. */
export function spendText(length: number): void {
  if (length >= LONG_TEXT) spend(length >> 6);
}
