import { EXIT } from './exit.ts';

export interface Interrupt {
  readonly signal: AbortSignal;
  readonly onInterrupt: (cleanup: () => void | Promise<void>) => { forget(): void };
  /** Resolves when no clean-up is under way; never after an interruption, which ends the process itself. */
  settled(): Promise<void>;
}

/** Longest time that clean-ups may take after Ctrl-C; a second Ctrl-C ends at once. */
const CLEANUP_LIMIT_MS = 3000;

/** A terminal and a launching process may both deliver one Ctrl-C: within this time it is the same. */
export const SAME_SIGNAL_MS = 500;

/** Ctrl-C and SIGTERM: abort what is under way, clean up, exit 130. */
export function createInterrupt(target: NodeJS.Process): Interrupt {
  const abort = new AbortController();
  const cleanups = new Set<() => void | Promise<void>>();
  let ending: Promise<void> | undefined;
  let firstAt = 0;
  const onSignal = () => {
    if (ending) {
      if (performance.now() - firstAt > SAME_SIGNAL_MS) target.exit(EXIT.interrupted);
      return;
    }
    firstAt = performance.now();
    abort.abort();
    const limit = new Promise<void>((resolve) => setTimeout(resolve, CLEANUP_LIMIT_MS));
    const cleaned = Promise.allSettled([...cleanups].map(async (cleanup) => cleanup()));
    ending = Promise.race([limit, cleaned]).then(() => target.exit(EXIT.interrupted));
  };
  target.on('SIGINT', onSignal);
  target.on('SIGTERM', onSignal);
  return {
    signal: abort.signal,
    onInterrupt(cleanup) {
      cleanups.add(cleanup);
      return { forget: () => void cleanups.delete(cleanup) };
    },
    settled: async () => ending,
  };
}
