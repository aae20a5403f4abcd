import { randomUUID } from 'node:crypto';
import type { AskDecision, Decision, DecisionReason } from '@waybill/api';
import { isCoded } from '@waybill/core';
import { type Digest, parseDigest } from '@waybill/core/digest';
import { loadVerdicts, type VerdictsAbout } from '../attestation/index.ts';
import { authorize, type Principal, targetOf } from '../identity/index.ts';
import type { GateDeps } from './deps.ts';
import { emitDecided } from './events.ts';
import { insertDecision } from './queries.ts';

type Finding = Pick<Decision, 'outcome' | 'reasons' | 'evidence'>;

/**
 * May this artifact pass? Allowed only when this server itself has judged it PASSED under the contract named, by a
 * verdict that verifies now. Every answer is recorded before it is given. What goes wrong on the way is a recorded
 * `error`, which no caller may take for `allow`; only when the record itself cannot be written is there no answer.
 */
export async function decide(deps: GateDeps, principal: Principal, question: AskDecision): Promise<Decision> {
  authorize(principal, 'decide', targetOf(principal.scope));
  const subject = parseDigest(question.subject.digest, 'subject.digest');
  const found = await findOutcome(deps, principal, { subject, contract: question.context.contract });
  const decision: Decision = {
    id: randomUUID(),
    ...found,
    subject: question.subject,
    context: question.context,
    decidedAt: deps.clock().toISOString(),
    // No rule of a contract looks at the clock, so time alone changes nothing.
    validUntil: null,
  };
  await deps.db.withOrg(principal.orgId, async (tx) => {
    await insertDecision(tx, { orgId: principal.orgId, askedBy: principal.tokenId, decision });
    await emitDecided(tx, principal.orgId, decision);
  });
  deps.metrics.decisions.add({ outcome: decision.outcome });
  return decision;
}

async function findOutcome(
  deps: GateDeps,
  principal: Principal,
  about: { readonly subject: Digest; readonly contract: string },
): Promise<Finding> {
  try {
    return outcomeOf(about, await loadVerdicts(deps.attestation, principal, about));
  } catch (error) {
    deps.log.error({ err: error, ...about }, 'a gate could not decide');
    return { outcome: 'error', reasons: [errorReason(error)], evidence: null };
  }
}

/** A raw exception's text may hold what is nobody's business. */
function errorReason(error: unknown): DecisionReason {
  if (isCoded(error)) return { code: error.code, message: error.message };
  return {
    code: 'gate_undecided',
    message: 'the server failed while it looked for evidence: ask again, and see its log',
  };
}

function outcomeOf(
  about: { readonly subject: Digest; readonly contract: string },
  { proven, underAnyContract }: VerdictsAbout,
): Finding {
  const passed = proven.find((verdict) => verdict.result === 'PASSED');
  if (passed) {
    return {
      outcome: 'allow',
      reasons: [
        {
          code: 'verdict_passed',
          message: `judged PASSED under the contract ${about.contract} in run ${passed.runId}`,
        },
      ],
      evidence: { runId: passed.runId, vsaDigest: passed.vsaBundleDigest, logIndex: passed.logIndex },
    };
  }
  const [failed] = proven;
  return {
    outcome: 'deny',
    reasons: [failed ? failedReason(about, failed.runId) : missingReason(about, underAnyContract)],
    evidence: failed
      ? { runId: failed.runId, vsaDigest: failed.vsaBundleDigest, logIndex: failed.logIndex }
      : null,
  };
}

function failedReason({ contract }: { readonly contract: string }, runId: string): DecisionReason {
  return {
    code: 'verdict_failed',
    message: `judged FAILED under the contract ${contract} in run ${runId}: \`waybill run describe ${runId}\` tells why`,
  };
}

function missingReason(
  about: { readonly subject: Digest; readonly contract: string },
  underAnyContract: number,
): DecisionReason {
  const elsewhere =
    underAnyContract > 0 ? `; there are ${underAnyContract} verdicts on it under other contracts` : '';
  return {
    code: 'no_verdict',
    message: `no attested run under the contract ${about.contract} has ${about.subject} as its output${elsewhere}`,
  };
}
