/** A thread of checks: runs the tasks of the module that it was started with, one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Answer, faultOf, type Order, type Tasks } from './messages.ts';

const { module } = workerData as { readonly module: string };
const { tasks } = (await import(module)) as { readonly tasks: Tasks };

function answer({ id, task, input }: Order): Answer {
  try {
    const run = tasks[task];
    if (run === undefined) throw new TypeError(`${module} has no task ${task}`);
    return { id, output: run(input as never) };
  } catch (error) {
    return { id, fault: faultOf(error) };
  }
}

parentPort?.on('message', (orders: readonly Order[]) => parentPort?.postMessage(orders.map(answer)));
