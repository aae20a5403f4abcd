/** What the children do that evaluate policies (`ground/processes`). */
import { judge, type Policy, type PolicyFacts, type PolicyVerdict } from '@waybill/core/policy';
import { REGO } from '@waybill/rego/policy-node';

export interface Judged {
  readonly verdict: PolicyVerdict;
  /** Of the evaluation alone: whoever waited for their turn has not used it up. */
  readonly tookMs: number;
}

const tasks = {
  judge: ({ policy, facts }: { readonly policy: Policy; readonly facts: PolicyFacts }): Judged => {
    const startedMs = performance.now();
    const verdict = judge(policy, facts, { rego: REGO });
    return { verdict, tookMs: performance.now() - startedMs };
  },
} as const;

export const openTasks = (): typeof tasks => tasks;
export type JudgeTasks = typeof tasks;
