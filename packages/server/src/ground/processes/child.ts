import { type ChildProcess, fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CodedError } from '@waybill/core';
import type { Logger } from '../log/log.ts';
import { errorOf, type Order } from '../threads/messages.ts';
import { codeDirectories } from './code.ts';
import { type Said, toArgv } from './messages.ts';

export interface ChildOptions {
  readonly module: URL;
  readonly log: Logger;
  readonly deadlineMs: number;
  readonly maxHeapMiB: number;
}

/** Until it has loaded what it runs. */
const START_MS = 30_000;
const YOUNG_HEAP_MIB = 8;
/** What V8 says when it gives up, the end of it. */
const MAX_STDERR_LENGTH = 2048;

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One process, from its start to its end. It has one order at a time, so that it is known which one ended it. */
export class Child {
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  readonly #options: ChildOptions;
  readonly #process: ChildProcess;
  #isReady = false;
  #isGone = false;
  #isOverdue = false;
  #stderr = '';
  #waiting: Waiting | undefined;
  #watch: NodeJS.Timeout | undefined;
  #orders = 0;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#process = start(options);
    this.#process.on('message', (said: Said) => this.#hear(said));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-MAX_STDERR_LENGTH);
    });
    this.ended = new Promise((resolve) => {
      // Without a process there is no `close`.
      this.#process.on('error', (cause) => resolve(this.#lose({ cause })));
      this.#process.on('close', (code, signal) => resolve(this.#lose({ code, signal })));
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** MUST NOT be called while an answer is awaited. */
  run(task: string, input: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#watchFor(this.#isReady ? this.#options.deadlineMs : START_MS);
      const order: Order = { id: this.#orders++, task, input };
      // What cannot be sent cannot be answered: the end of the process, which is near or here, says so.
      if (!this.#process.connected) this.kill();
      else this.#process.send(order, (error) => error && this.kill());
    });
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #hear(said: Said): void {
    const waiting = this.#waiting;
    if ('ready' in said) {
      this.#isReady = true;
      if (waiting) this.#watchFor(this.#options.deadlineMs);
      return;
    }
    clearTimeout(this.#watch);
    this.#waiting = undefined;
    if ('fault' in said) waiting?.reject(errorOf(said.fault));
    else waiting?.resolve(said.output);
  }

  #watchFor(ms: number): void {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      this.#isOverdue = true;
      this.kill();
    }, ms);
  }

  #lose(end: {
    readonly cause?: unknown;
    readonly code?: number | null;
    readonly signal?: string | null;
  }): void {
    this.#isGone = true;
    clearTimeout(this.#watch);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return;
    const isOverdue = this.#isOverdue;
    const { cause, code, signal } = end;
    this.#options.log.warn(
      { err: cause, code, signal, isOverdue, stderr: this.#stderr },
      'a child was ended',
    );
    waiting.reject(this.#isReady ? lost(isOverdue) : notStarted(cause));
  }
}

function start({ module, deadlineMs, maxHeapMiB }: ChildOptions): ChildProcess {
  const child = fork(
    fileURLToPath(new URL('./process.ts', import.meta.url)),
    // An orphan ends too, later than somebody who waits would have ended it.
    toArgv({ module: module.href, endAfterMs: 2 * deadlineMs }),
    {
      // No secret of the server's: neither its environment nor its files, nor others of its user.
      env: {},
      execArgv: [
        '--permission',
        ...codeDirectories().map((directory) => `--allow-fs-read=${directory}`),
        '--disallow-code-generation-from-strings',
        '--disable-sigusr1',
        `--max-old-space-size=${maxHeapMiB}`,
        `--max-semi-space-size=${YOUNG_HEAP_MIB}`,
      ],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    },
  );
  if (child.pid !== undefined && process.platform === 'linux') endFirst(child);
  return child;
}

/** When memory is short the kernel takes the child, not the server or its database. */
function endFirst(child: ChildProcess): void {
  writeFile(`/proc/${child.pid}/oom_score_adj`, '1000').catch(() => {
    // Where there is no such file, nothing is lost but the order.
  });
}

function lost(isOverdue: boolean): Error {
  const message = isOverdue
    ? 'the work was ended, as it took too much time'
    : 'the work ended the process that did it: it used too much memory, or more than the engine of JavaScript allows';
  return new CodedError('process_lost', message, { detail: { isOverdue } });
}

function notStarted(cause: unknown): Error {
  const message =
    'a process that this server needs did not start: its log says why, mostly a lack of memory or processes; send the same again';
  return new CodedError('process_not_started', message, { cause });
}
