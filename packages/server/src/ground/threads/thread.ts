/** A thread: runs the tasks of the module that it was started with, one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Answer, faultOf, type OpenTasks, type Order } from './messages.ts';

const { module, data } = workerData as { readonly module: string; readonly data: unknown };
const { openTasks } = (await import(module)) as { readonly openTasks: OpenTasks };
const tasks = openTasks(data as never);

function answer({ id, task, input }: Order): Answer {
  try {
    const run = tasks[task];
    if (run === undefined) throw new TypeError(`${module} has no task ${task}`);
    return { id, output: run(input as never) };
  } catch (error) {
    return { id, fault: faultOf(error) };
  }
}

/** While it goes on, the other side must hear of it: much work at once is no thread that hangs. */
const ANSWER_WITHIN_MS = 10;

function work(orders: readonly Order[]): void {
  let answers: Answer[] = [];
  let sinceMs = performance.now();
  for (const order of orders) {
    answers.push(answer(order));
    if (performance.now() - sinceMs < ANSWER_WITHIN_MS) continue;
    parentPort?.postMessage(answers);
    answers = [];
    sinceMs = performance.now();
  }
  if (answers.length > 0) parentPort?.postMessage(answers);
}

parentPort?.on('message', work);
