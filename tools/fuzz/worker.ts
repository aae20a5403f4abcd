/** The thread that runs targets. It may hang or run out of memory: `watch.ts` stands beside it. */

import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { FlightRecorder } from './flight.ts';
import { minimise } from './minimise.ts';
import { type Failure, type HeapGauge, runSession, type Summary } from './session.ts';
import type { Target } from './target.ts';

export interface WorkerTask {
  readonly flight: SharedArrayBuffer;
  /** Where `TARGETS` is exported. */
  readonly module: string;
  /** Names of targets, each with its number of cases. */
  readonly plan: readonly (readonly [name: string, cases: number])[];
  /** The place in the plan to start at. */
  readonly from: number;
  readonly seed: number;
}

const task = workerData as WorkerTask;
const flight = new FlightRecorder(task.flight);
const { TARGETS } = (await import(task.module)) as { readonly TARGETS: readonly Target[] };
const heap = heapGauge();

for (const [index, [name, cases]] of task.plan.entries()) {
  if (index < task.from) continue;
  const target = TARGETS.find((one) => one.name === name);
  if (target === undefined) throw new Error(`no target is named ${name}`);
  flight.startTarget(index);
  const watch = (input: Uint8Array): void => flight.startCase(input);
  const summary = await runSession(target, { cases, seed: task.seed, watch, heap });
  parentPort?.postMessage(await smallest(target, summary));
}

async function smallest(target: Target, summary: Summary): Promise<Summary> {
  const failures: Failure[] = [];
  for (const failure of summary.failures) {
    // A slow input is kept whole: to make it smaller takes as long as it takes, many times.
    const input = failure.kind === 'slow' ? failure.input : await minimise(target, failure);
    failures.push({ ...failure, input });
  }
  return { ...summary, failures };
}

function heapGauge(): HeapGauge {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const now = (): number => {
    const { used_heap_size: used, external_memory: external } = getHeapStatistics();
    return used + external;
  };
  const settled = async (): Promise<number> => {
    // What lies outside the heap (buffers, keys) goes some turns after the objects that hold it.
    for (let turn = 0; turn < 3; turn++) {
      collect();
      await setImmediate();
    }
    return now();
  };
  return { now, settled };
}
