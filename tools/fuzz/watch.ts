/** Runs targets in a worker thread, and says which input it was when that thread hangs or runs out of memory. */
import { Worker } from 'node:worker_threads';
import { FlightRecorder } from './flight.ts';
import type { Failure, Summary } from './session.ts';
import type { WorkerTask } from './worker.ts';

/** Long, as a busy machine is no hang; the second of processor time is measured by the worker itself. */
const HANG_MS = 20_000;
const POLL_MS = 500;
/** Of the worker's JavaScript heap. Inputs have at most half a megabyte. */
const MAX_HEAP_MB = 512;

export interface RunOptions {
  readonly plan: WorkerTask['plan'];
  readonly seed: number;
  readonly onSummary: (summary: Summary) => void;
  /** Where `TARGETS` is exported; the table unless told. */
  readonly module?: string;
  readonly hangMs?: number;
  readonly maxHeapMb?: number;
}

/** After a hang the rest of the plan goes on in another thread. */
export async function runWatched(options: RunOptions): Promise<void> {
  let from = 0;
  while (from < options.plan.length) from = await runThread(options, from);
}

/** Gives the place in the plan to go on at. */
function runThread(options: RunOptions, from: number): Promise<number> {
  const flight = new FlightRecorder();
  const module = options.module ?? new URL('targets.ts', import.meta.url).href;
  const { plan, seed } = options;
  const workerData: WorkerTask = { flight: flight.buffer, module, plan, from, seed };
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: options.maxHeapMb ?? MAX_HEAP_MB },
  });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const give = (kind: string, detail: string): void => {
    options.onSummary(lost(options, flight, { kind, detail }));
    resolve(flight.now().target + 1);
  };
  const stopWatching = watchTicks(flight, options.hangMs ?? HANG_MS, (waitedMs) => {
    give('hang', `no answer for ${Math.round(waitedMs / 1000)} s`);
    void worker.terminate();
  });
  worker.on('message', options.onSummary);
  worker.on('error', (error) => {
    if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') give('memory', String(error));
    else reject(error);
  });
  worker.on('exit', () => {
    stopWatching();
    resolve(plan.length);
  });
  return promise;
}

/** In looks, not by the clock: a machine that stops all of us for a while is no hang. */
function watchTicks(flight: FlightRecorder, limitMs: number, onHang: (waitedMs: number) => void): () => void {
  let ticks = -1;
  let looks = 0;
  const timer = setInterval(() => {
    looks = flight.ticks === ticks ? looks + 1 : 0;
    ticks = flight.ticks;
    if (looks * POLL_MS < limitMs) return;
    clearInterval(timer);
    onHang(looks * POLL_MS);
  }, POLL_MS);
  return () => clearInterval(timer);
}

/** The summary of a target whose thread is gone. */
function lost(
  { plan, seed }: RunOptions,
  flight: FlightRecorder,
  { kind, detail }: Pick<Failure, 'kind' | 'detail'>,
): Summary {
  const { target: index, at, input } = flight.now();
  const target = plan[index]?.[0] ?? '';
  const failure: Failure = { target, seed, at, kind, detail, input };
  return {
    target,
    cases: at + 1,
    accepted: 0,
    refused: {},
    slowestMs: 0,
    peakHeapBytes: 0,
    failures: [failure],
  };
}
