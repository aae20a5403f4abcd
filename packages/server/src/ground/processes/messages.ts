/** What crosses between the server and a child: orders one at a time, and their answers. */
import type { Answer } from '../threads/messages.ts';

/** `ready` once: from then on its time counts. */
export type Said = { readonly ready: true } | Answer;

/** Where the child finds what to do; it stands in the list of processes, so it holds no secret. */
export interface ChildArguments {
  /** Address of a module that exports `openTasks`. */
  readonly module: string;
  /** A task that takes longer ends the child, whether or not anybody is left who waits for it. */
  readonly endAfterMs: number;
}

export function toArgv({ module, endAfterMs }: ChildArguments): readonly string[] {
  return [module, String(endAfterMs)];
}

export function fromArgv([module = '', endAfterMs]: readonly string[]): ChildArguments {
  return { module, endAfterMs: Number(endAfterMs) };
}
