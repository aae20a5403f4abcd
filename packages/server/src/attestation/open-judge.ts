import { isCoded } from '@waybill/core';
import type { Policy, PolicyFacts } from '@waybill/core/policy';
import { type Logger, openProcesses } from '../ground/index.ts';
import type { Judged, JudgeTasks } from './judge-tasks.ts';

/** Evaluates policies in processes of their own: what a program of a stranger can end is the child that runs it. */
export interface Judge {
  /** For an organisation: where all children are busy, each has its turn, and reads its facts then. */
  judge(orgId: string, policy: Policy, facts: () => Promise<PolicyFacts>): Promise<Judged>;
  close(): Promise<void>;
}

export interface ChildLimits {
  /** The engine's own deadline is shorter; this ends what does not even count its steps. */
  readonly deadlineMs: number;
  readonly maxHeapMiB: number;
}

const CHILD_LIMITS: ChildLimits = { deadlineMs: 10_000, maxHeapMiB: 512 };

export function openJudge(log: Logger, limits = CHILD_LIMITS): Judge {
  const module = new URL('./judge-tasks.ts', import.meta.url);
  const processes = openProcesses<JudgeTasks>({ module, log, ...limits });
  return {
    judge: async (orgId, policy, facts) => {
      const attempt = () => processes.run('judge', async () => ({ policy, facts: await facts() }), orgId);
      try {
        return await attempt();
      } catch (error) {
        if (!isCoded(error, 'process_lost')) throw error;
        if (error.detail['isOverdue'] === true) return overdue(limits);
      }
      // An administrator or the kernel may have ended the child: only what is lost twice is judged by it.
      return attempt().catch((error: unknown) => lost(error, limits));
    },
    close: () => processes.close(),
  };
}

function lost(error: unknown, limits: ChildLimits): Judged {
  if (!isCoded(error, 'process_lost')) throw error;
  if (error.detail['isOverdue'] === true) return overdue(limits);
  const reason = `the evaluation ended its process twice: it used more than ${limits.maxHeapMiB} MiB of memory, or made a value larger than the engine holds`;
  // Nobody knows how long it took; what it may take at most is what it used up.
  return { verdict: { outcome: 'undetermined', cause: 'error', reason }, tookMs: limits.deadlineMs };
}

function overdue({ deadlineMs }: ChildLimits): Judged {
  const reason = `the evaluation was ended, as it took more than ${deadlineMs} ms`;
  return { verdict: { outcome: 'undetermined', cause: 'deadline', reason }, tookMs: deadlineMs };
}
