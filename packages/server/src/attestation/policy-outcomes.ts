/** What policies answered, as it stands in verdicts and receipts. */
import type { Finding, PolicyJudgement } from '@waybill/api';
import type { PolicyTask } from '@waybill/core/contract';
import type { PolicyVerdict } from '@waybill/core/policy';

/** Of one policy about one material: more only repeats it. */
const MAX_MESSAGES = 20;
const MAX_MESSAGE_LENGTH = 1000;

/** One line for each question that was asked; what a policy that fails says stands in the findings. */
export function judgementOf(task: PolicyTask, verdict: PolicyVerdict): PolicyJudgement {
  const { name, digest, material, enforced, work } = task;
  const evidence = work.outcome === 'open' ? work.evidence : null;
  return {
    name: shortened(name),
    ...(digest === null ? {} : { digest }),
    ...(material === null ? {} : { material }),
    ...(evidence === null ? {} : { materialDigest: evidence.digest }),
    ...(enforced ? {} : { advisory: true }),
    outcome: verdict.outcome,
    ...('cause' in verdict ? { cause: verdict.cause } : {}),
    ...('reason' in verdict ? { reason: shortened(verdict.reason) } : {}),
  };
}

/** What is to be told: nothing of a policy that holds. */
export function findingsOf(task: PolicyTask, verdict: PolicyVerdict): readonly Finding[] {
  if (verdict.outcome === 'holds') return [];
  const about = {
    step: 'policies',
    ...(task.material === null ? {} : { material: task.material }),
    ...(task.enforced && verdict.outcome !== 'not applicable' ? {} : { advisory: true }),
  };
  const finding = (code: string, text: string): Finding => ({
    ...about,
    code,
    message: shortened(`policy ${task.name}: ${text}`),
  });
  if (verdict.outcome === 'not applicable') {
    return [finding('policy_not_applicable', `not applicable, as ${verdict.reason}`)];
  }
  if (verdict.outcome === 'undetermined') {
    return [finding('policy_undetermined', `undetermined (${verdict.cause}): ${verdict.reason}`)];
  }
  const { messages } = verdict;
  const left = messages.length - MAX_MESSAGES;
  return [
    ...messages.slice(0, MAX_MESSAGES).map((message) => finding('policy_violation', message)),
    ...(left > 0 ? [finding('policy_violation', `${left} further violations are left out`)] : []),
  ];
}

/** Stored and shown: text of a stranger, without what no database holds. */
function shortened(text: string): string {
  const clean = text.toWellFormed().replaceAll('\u0000', '\uFFFD');
  return clean.length > MAX_MESSAGE_LENGTH ? `${clean.slice(0, MAX_MESSAGE_LENGTH).toWellFormed()}…` : clean;
}
