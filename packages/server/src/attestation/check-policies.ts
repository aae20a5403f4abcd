import type { Finding, PolicyJudgement } from '@waybill/api';
import { utf8 } from '@waybill/core/bytes';
import { type Contract, policyContext, type PolicyWork, policyTasks } from '@waybill/core/contract';
import type { Digest } from '@waybill/core/digest';
import { formatStatement, type Subject } from '@waybill/core/intoto';
import { parseKind } from '@waybill/core/material';
import {
  MAX_EVIDENCE_BYTES,
  POLICY_LIMITS,
  type PolicyFacts,
  type PolicyVerdict,
} from '@waybill/core/policy';
import { blobSizes, type RegistryDeps } from '../registry/index.ts';
import type { Judged } from './judge-tasks.ts';
import type { Judge } from './open-judge.ts';
import { findingsOf, judgementOf } from './policy-outcomes.ts';
import type { SignedEvidence } from './verify-signer.ts';

/** What all policies of one run may take together, waiting for others not counted: what is left is not evaluated. */
const RUN_BUDGET_MS = 15_000;
/** What one run asks: each of them stands in its verdict for good. */
const MAX_TASKS = 500;
const NS_PER_MS = 1_000_000n;

export interface PoliciesDeps extends RegistryDeps {
  readonly judge: Judge;
}

export interface PoliciesQuestion {
  readonly orgId: string;
  /** Where the run's materials are. */
  readonly repository: string;
  readonly contract: Contract;
  readonly signed: SignedEvidence;
  /** What the verdict will be about. */
  readonly subjects: readonly Subject[];
  readonly now: Date;
}

export interface PoliciesAnswer {
  readonly findings: readonly Finding[];
  /** Each policy about each piece of evidence, those that hold too. */
  readonly policies: readonly PolicyJudgement[];
}

/** Step `policies`: each policy of the contract about each piece of evidence that it is meant for, one after another. */
export async function checkPolicies(deps: PoliciesDeps, question: PoliciesQuestion): Promise<PoliciesAnswer> {
  const { contract, signed } = question;
  const tasks = policyTasks(contract, signed.predicate.materials);
  if (tasks.length === 0) return { findings: [], policies: [] };
  const digests = signed.predicate.materials.map(({ digest }) => digest);
  const sizes = await deps.db.withOrg(question.orgId, (tx) => blobSizes(tx, question, digests));
  let usedMs = 0;
  const findings: Finding[] = tooMany(tasks.length - MAX_TASKS);
  const policies: PolicyJudgement[] = [];
  for (const task of tasks.slice(0, MAX_TASKS)) {
    const { work } = task;
    const { verdict, tookMs } =
      work.outcome === 'open'
        ? await judgeWork(deps, { question, sizes, work, usedMs })
        : { verdict: work, tookMs: 0 };
    usedMs += tookMs;
    findings.push(...findingsOf(task, verdict));
    policies.push(judgementOf(task, verdict));
  }
  return { findings, policies };
}

function tooMany(left: number): Finding[] {
  if (left <= 0) return [];
  const message = `the policies of one run are asked about ${MAX_TASKS} pieces of evidence together: ${left} more are not judged`;
  return [{ step: 'policies', code: 'policy_undetermined', message }];
}

interface Judging {
  readonly question: PoliciesQuestion;
  readonly sizes: ReadonlyMap<Digest, number>;
  readonly work: PolicyWork;
  /** By the policies of this run before. */
  readonly usedMs: number;
}

async function judgeWork(deps: PoliciesDeps, judging: Judging): Promise<Judged> {
  const { question, work, usedMs } = judging;
  if (usedMs > RUN_BUDGET_MS) {
    const reason = `the policies of one run have ${RUN_BUDGET_MS} ms together, which those before it took`;
    return { verdict: { outcome: 'undetermined', cause: 'deadline', reason }, tookMs: 0 };
  }
  const evidence = evidenceOf(deps, judging);
  if ('outcome' in evidence) return { verdict: evidence, tookMs: 0 };
  const { run, runner } = question.signed.predicate;
  const context = policyContext(
    { run, runner, subjects: question.subjects, signer: { ...question.signed.signer } },
    work.evidence,
  );
  return deps.judge.judge(question.orgId, work.policy, async () => ({
    evidence: { kind: evidence.kind, bytes: await evidence.read() },
    arguments: work.arguments,
    context,
    nowNs: BigInt(question.now.getTime()) * NS_PER_MS,
    limits: POLICY_LIMITS,
  }));
}

/** What is judged, read when its turn comes: many runs with large documents may wait at once. */
interface Evidence {
  readonly kind: PolicyFacts['evidence']['kind'];
  read(): Promise<Uint8Array>;
}

function evidenceOf(deps: PoliciesDeps, { question, sizes, work }: Judging): Evidence | PolicyVerdict {
  const material = work.evidence;
  if (material === null) {
    return { kind: 'ATTESTATION', read: async () => formatStatement(question.signed.statement.value) };
  }
  const kind = parseKind(material.kind);
  if (kind === 'STRING' || kind === 'CONTAINER_IMAGE') return { kind, read: async () => utf8('') };
  const sizeBytes = sizes.get(material.digest);
  // A blob of another repository is nothing that this run may read.
  if (sizeBytes === undefined) return missing('its bytes are not in the store');
  if (sizeBytes > MAX_EVIDENCE_BYTES) return missing(`it has more than ${MAX_EVIDENCE_BYTES} bytes`);
  return { kind, read: () => deps.store.read(material.digest, { maxBytes: MAX_EVIDENCE_BYTES }) };
}

function missing(reason: string): PolicyVerdict {
  return { outcome: 'undetermined', cause: 'evidence missing', reason };
}
