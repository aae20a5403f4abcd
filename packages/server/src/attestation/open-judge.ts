import { isCoded } from '@waybill/core';
import type { Policy, PolicyFacts, PolicyVerdict } from '@waybill/core/policy';
import { type Logger, openThreads } from '../ground/index.ts';
import type { JudgeTasks } from './judge-tasks.ts';

/** Evaluates policies beside the thread that answers everybody. */
export interface Judge {
  judge(policy: Policy, facts: PolicyFacts): Promise<PolicyVerdict>;
  close(): Promise<void>;
}

/** The engine's own deadline is shorter; this ends what does not even count its steps. */
const THREAD_DEADLINE_MS = 10_000;
const MAX_HEAP_MIB = 512;

export function openJudge(log: Logger): Judge {
  const threads = openThreads<JudgeTasks>({
    module: new URL('./judge-tasks.ts', import.meta.url),
    log,
    deadlineMs: THREAD_DEADLINE_MS,
    maxHeapMiB: MAX_HEAP_MIB,
  });
  const attempt = (policy: Policy, facts: PolicyFacts) => threads.run('judge', { policy, facts });
  return {
    judge: async (policy, facts) => {
      try {
        return await attempt(policy, facts);
      } catch (error) {
        if (!isCoded(error, 'thread_lost')) throw error;
      }
      // Another policy in the same thread may have been the cause: only what is lost twice is judged by it.
      return attempt(policy, facts).catch(lost);
    },
    close: () => threads.close(),
  };
}

function lost(error: unknown): PolicyVerdict {
  if (!isCoded(error, 'thread_lost')) throw error;
  const reason = `the evaluation was ended: it used more than ${MAX_HEAP_MIB} MiB of memory or ${THREAD_DEADLINE_MS} ms`;
  return { outcome: 'undetermined', cause: 'deadline', reason };
}
