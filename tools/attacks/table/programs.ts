import type { Attack } from '../attack.ts';
import { SERVER } from '../places.ts';

const CHILD = `${SERVER}/ground/processes/child.ts`;
const PROCESSES = `${SERVER}/ground/processes/processes.test.ts`;
const OPEN_JUDGE = `${SERVER}/attestation/open-judge.ts`;
const JUDGE = `${SERVER}/attestation/open-judge.test.ts`;

export const PROGRAMS: readonly Attack[] = [
  {
    attack: 'a policy with which V8 gives up: too much memory, too large a value',
    defence: 'policies are evaluated in child processes, as V8 gives up for all threads at once',
    file: OPEN_JUDGE,
    without: ['openProcesses } from', 'openThreads as openProcesses } from'],
    test: [JUDGE, 'outlives a policy with which V8 gives up; others that wait go on'],
    gain: 'the end of the server, for all organisations, by a policy of one',
  },
  {
    attack: 'evidence over which a policy ends its own process',
    defence: 'what was lost twice is undetermined, and that blocks',
    file: OPEN_JUDGE,
    without: ["{ outcome: 'undetermined', cause: 'error', reason }", "{ outcome: 'holds' }"],
    test: [JUDGE, 'outlives a policy with which V8 gives up; others that wait go on'],
    gain: 'a way past each policy',
  },
  {
    attack: 'a policy in a built-in that does not end',
    defence: 'the child is killed, and the policy is undetermined',
    file: CHILD,
    without: ['      this.#isOverdue = true;\n      this.kill();\n', ''],
    test: [PROCESSES, 'ends a child whose task does not end, and says so'],
    gain: 'all places where policies are evaluated, for good',
  },
  {
    attack: 'a policy that broke out of the language, after the master key',
    defence: 'the child may read this program alone, write nothing and start nothing',
    file: CHILD,
    without: ["        '--permission',\n", ''],
    test: [PROCESSES, 'has neither the environment of the server nor a way to its files'],
    gain: 'every secret of the server',
  },
  {
    attack: 'the same, after the variables of the server',
    defence: 'the child starts with an empty environment',
    file: CHILD,
    without: ['env: {},', 'env: process.env,'],
    test: [PROCESSES, 'has neither the environment of the server nor a way to its files'],
    gain: 'master key and address of the database, where they are variables',
  },
  {
    attack: 'a policy that is still at work when its server is killed',
    defence: 'the child has a time of its own, which V8 keeps',
    file: CHILD,
    without: ['endAfterMs: 2 * deadlineMs', 'endAfterMs: 60_000'],
    test: [PROCESSES, 'ends with a server that is killed, while it does hang'],
    gain: 'a core for good, for each restart',
  },
  {
    attack: 'runs of one organisation whose policies take all of their time, one behind the other',
    defence: 'organisations have their turn, and only what is evaluated counts as time',
    file: `${SERVER}/ground/processes/processes.ts`,
    without: ['queue.push(asker, resolve)', "queue.push('', resolve)"],
    test: [PROCESSES, 'gives each who waits their turn, whatever the others asked before'],
    gain: 'FAILED runs of everybody else',
  },
];
