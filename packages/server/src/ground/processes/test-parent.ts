/** A server that says who its child is and ends at once, by the hardest way; the child is idle or at work. */
import { createLog } from '../log/log.ts';
import { openProcesses } from './processes.ts';
import type { TestTasks } from './test-tasks.ts';

const processes = openProcesses<TestTasks>({
  module: new URL('./test-tasks.ts', import.meta.url),
  log: createLog('silent'),
  count: 1,
  deadlineMs: 1000,
  maxHeapMiB: 64,
});
const { pid } = await processes.run('process', undefined);
if (process.argv[2] === 'hang') void processes.run('hang', undefined);
// After the order is on its way.
setImmediate(() => process.stdout.write(`${pid}\n`, () => process.kill(process.pid, 'SIGKILL')));
