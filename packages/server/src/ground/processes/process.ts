/** A child: runs the tasks of the module that it was started with, one after another, and ends with the server. */
import { Script } from 'node:vm';
import { type Answer, faultOf, type OpenTasks, type Order } from '../threads/messages.ts';
import { fromArgv, type Said } from './messages.ts';

const { module, endAfterMs } = fromArgv(process.argv.slice(2));
// Nobody waits for answers any more. During a task this is not heard; then the time below ends it.
process.on('disconnect', () => process.exit());

const { openTasks } = (await import(module)) as { readonly openTasks: OpenTasks };
const tasks = openTasks(undefined as never);

function answer({ id, task, input }: Order): Answer {
  try {
    const run = tasks[task];
    if (run === undefined) throw new TypeError(`${module} has no task ${task}`);
    return { id, output: run(input as never) };
  } catch (error) {
    return { id, fault: faultOf(error) };
  }
}

let order: Order;
Object.assign(globalThis, { waybillAnswer: () => answer(order) });
/** What a script takes is the one time that V8 itself keeps, also where no timer comes to its turn. */
const TURN = new Script('waybillAnswer()');

process.on('message', (next: Order) => {
  order = next;
  say(TURN.runInThisContext({ timeout: endAfterMs }) as Answer);
});

function say(said: Said): void {
  process.send?.(said);
}

say({ ready: true });
