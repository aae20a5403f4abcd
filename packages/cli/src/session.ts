import type { Fetch } from '@waybill/core';
import type { Terminal } from './ask.ts';
import type { Output } from './output.ts';
import type { GlobalValues } from './parse.ts';

/** What a command may reach of the process it runs in. */
export interface Session {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly globals: GlobalValues;
  readonly output: Output;
  readonly stdin: NodeJS.ReadStream;
  /** Where a person can be asked; null in a pipe, in a job of a CI system, and for `--log-format json`. */
  readonly terminal: Terminal | null;
  readonly fetch: Fetch;
  /** Ends on Ctrl-C or SIGTERM. */
  readonly interrupted: AbortSignal;
  /** Runs `cleanup` if the process is interrupted before `forget` is called. */
  onInterrupt(cleanup: () => void | Promise<void>): { forget(): void };
}
