/** What the children do that evaluate policies (`ground/processes`). */
import { judge, type Policy, type PolicyFacts, type PolicyVerdict } from '@waybill/core/policy';
import { REGO } from '@waybill/rego/policy-node';

const tasks = {
  judge: ({ policy, facts }: { readonly policy: Policy; readonly facts: PolicyFacts }): PolicyVerdict =>
    judge(policy, facts, { rego: REGO }),
} as const;

export const openTasks = (): typeof tasks => tasks;
export type JudgeTasks = typeof tasks;
