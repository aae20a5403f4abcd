import { randomUUID } from 'node:crypto';
import type { AskDecision, Decision, DecisionReason } from '@waybill/api';
import { isCoded } from '@waybill/core';
import { type Digest, parseDigest } from '@waybill/core/digest';
import { counts, loadVerdicts, type ProvenVerdict, type VerdictsAbout } from '../attestation/index.ts';
import { authorize, type Principal, targetOf } from '../identity/index.ts';
import type { GateDeps } from './deps.ts';
import { emitDecided } from './events.ts';
import { insertDecision } from './queries.ts';

type Finding = Pick<Decision, 'outcome' | 'reasons' | 'evidence' | 'validUntil'>;

/** The question, and when it is asked. */
interface About {
  readonly subject: Digest;
  readonly contract: string;
  readonly at: Date;
}

/**
 * May this artifact pass? Allowed only when this server itself has judged it PASSED under the contract named, by a
 * verdict that verifies now. Every answer is recorded before it is given. What goes wrong on the way is a recorded
 * `error`, which no caller may take for `allow`; only when the record itself cannot be written is there no answer.
 */
export async function decide(deps: GateDeps, principal: Principal, question: AskDecision): Promise<Decision> {
  authorize(principal, 'decide', targetOf(principal.scope));
  const subject = parseDigest(question.subject.digest, 'subject.digest');
  const at = deps.clock();
  const found = await findOutcome(deps, principal, { subject, contract: question.context.contract, at });
  const decision: Decision = {
    id: randomUUID(),
    ...found,
    subject: question.subject,
    context: question.context,
    decidedAt: at.toISOString(),
  };
  await deps.db.withOrg(principal.orgId, async (tx) => {
    await insertDecision(tx, { orgId: principal.orgId, askedBy: principal.tokenId, decision });
    await emitDecided(tx, principal.orgId, decision);
  });
  deps.metrics.decisions.add({ outcome: decision.outcome });
  return decision;
}

async function findOutcome(deps: GateDeps, principal: Principal, about: About): Promise<Finding> {
  try {
    return outcomeOf(about, await loadVerdicts(deps.attestation, principal, about));
  } catch (error) {
    deps.log.error({ err: error, ...about }, 'a gate could not decide');
    return { outcome: 'error', reasons: [errorReason(error)], evidence: null, validUntil: null };
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

function outcomeOf(about: About, { proven, withdrawn, underAnyContract }: VerdictsAbout): Finding {
  const passed = proven.filter((verdict) => verdict.result === 'PASSED');
  const counting = passed.find((verdict) => counts(verdict, about.at));
  if (counting) {
    return {
      outcome: 'allow',
      reasons: [
        {
          code: 'verdict_passed',
          message: `judged PASSED under the contract ${about.contract} in run ${counting.runId}`,
        },
      ],
      evidence: evidenceOf(counting),
      validUntil: counting.validUntil?.toISOString() ?? null,
    };
  }
  const [stale] = passed;
  const [failed] = proven;
  const [taken] = withdrawn;
  const denied = { outcome: 'deny', evidence: failed ? evidenceOf(failed) : null, validUntil: null } as const;
  if (stale) return { ...denied, reasons: [staleReason(about, stale)] };
  if (taken) return { ...denied, reasons: [withdrawnReason(taken)] };
  if (failed) return { ...denied, reasons: [failedReason(about, failed.runId)] };
  return { ...denied, reasons: [missingReason(about, underAnyContract)] };
}

function evidenceOf({ runId, vsaBundleDigest, logIndex }: ProvenVerdict): Decision['evidence'] {
  return { runId, vsaDigest: vsaBundleDigest, logIndex };
}

function staleReason({ contract }: About, { runId, validUntil }: ProvenVerdict): DecisionReason {
  return {
    code: 'verdict_stale',
    message: `judged PASSED under the contract ${contract} in run ${runId}, which counted until ${validUntil?.toISOString()}: attest the artifact in a new run`,
  };
}

function failedReason({ contract }: { readonly contract: string }, runId: string): DecisionReason {
  return {
    code: 'verdict_failed',
    message: `judged FAILED under the contract ${contract} in run ${runId}: \`waybill run describe ${runId}\` tells why`,
  };
}

function withdrawnReason({ runId, keyName }: VerdictsAbout['withdrawn'][number]): DecisionReason {
  return {
    code: 'verdict_withdrawn',
    message: `judged PASSED in run ${runId}, on a signature by the key ${keyName}, which is compromised: attest it again with another key`,
  };
}

function missingReason(about: About, underAnyContract: number): DecisionReason {
  const elsewhere =
    underAnyContract > 0 ? `; there are ${underAnyContract} verdicts on it under other contracts` : '';
  return {
    code: 'no_verdict',
    message: `no attested run under the contract ${about.contract} has ${about.subject} as its output${elsewhere}`,
  };
}
