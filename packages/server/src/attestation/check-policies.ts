import type { Finding } from '@waybill/api';
import { type Json, utf8 } from '@waybill/core/bytes';
import { type Contract, type PolicyTask, type PolicyWork, policyTasks } from '@waybill/core/contract';
import { type Digest, hexOf } from '@waybill/core/digest';
import { formatStatement, type RunMaterial, type Subject } from '@waybill/core/intoto';
import { parseKind } from '@waybill/core/material';
import type { PolicyFacts, PolicyVerdict } from '@waybill/core/policy';
import { blobSizes, type RegistryDeps } from '../registry/index.ts';
import type { Judge } from './open-judge.ts';
import type { SignedEvidence } from './verify-signer.ts';

/** Of one policy about one material. */
const LIMITS = { deadlineMs: 2000, maxSteps: 100_000_000 } as const;
/** Of all policies of one run together: what comes after it is not evaluated. */
const RUN_DEADLINE_MS = 15_000;
const MAX_DOCUMENT_BYTES = 64 * 1024 * 1024;
/** Of one policy about one material: more only repeats it. */
const MAX_MESSAGES = 20;
const MAX_MESSAGE_LENGTH = 1000;
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

/** Step `policies`: each policy of the contract about each piece of evidence that it is meant for, one after another. */
export async function checkPolicies(
  deps: PoliciesDeps,
  question: PoliciesQuestion,
): Promise<readonly Finding[]> {
  const { contract, signed } = question;
  const tasks = policyTasks(contract, signed.predicate.materials);
  if (tasks.length === 0) return [];
  const digests = signed.predicate.materials.map(({ digest }) => digest);
  const sizes = await deps.db.withOrg(question.orgId, (tx) => blobSizes(tx, question, digests));
  const endMs = performance.now() + RUN_DEADLINE_MS;
  const findings: Finding[] = [];
  for (const task of tasks) {
    const { work } = task;
    const verdict = work.outcome === 'open' ? await judgeWork(deps, { question, sizes, work, endMs }) : work;
    findings.push(...findingsOf(task, verdict));
  }
  return findings;
}

interface Judging {
  readonly question: PoliciesQuestion;
  readonly sizes: ReadonlyMap<Digest, number>;
  readonly work: PolicyWork;
  readonly endMs: number;
}

async function judgeWork(deps: PoliciesDeps, judging: Judging): Promise<PolicyVerdict> {
  const { question, work, endMs } = judging;
  if (performance.now() > endMs) {
    const reason = `the policies of one run have ${RUN_DEADLINE_MS} ms together, which those before it took`;
    return { outcome: 'undetermined', cause: 'deadline', reason };
  }
  const evidence = await evidenceOf(deps, judging);
  if ('outcome' in evidence) return evidence;
  return deps.judge.judge(work.policy, {
    evidence,
    arguments: work.arguments,
    context: contextOf(question, work.evidence),
    nowNs: BigInt(question.now.getTime()) * NS_PER_MS,
    limits: LIMITS,
  });
}

async function evidenceOf(
  deps: PoliciesDeps,
  { question, sizes, work }: Judging,
): Promise<PolicyFacts['evidence'] | PolicyVerdict> {
  const material = work.evidence;
  if (material === null) {
    return { kind: 'ATTESTATION', bytes: formatStatement(question.signed.statement.value) };
  }
  const kind = parseKind(material.kind);
  if (kind === 'STRING' || kind === 'CONTAINER_IMAGE') return { kind, bytes: utf8('') };
  const sizeBytes = sizes.get(material.digest);
  // A blob of another repository is nothing that this run may read.
  if (sizeBytes === undefined) return missing('its bytes are not in the store');
  if (sizeBytes > MAX_DOCUMENT_BYTES) return missing(`it has more than ${MAX_DOCUMENT_BYTES} bytes`);
  return { kind, bytes: await deps.store.read(material.digest, { maxBytes: MAX_DOCUMENT_BYTES }) };
}

function missing(reason: string): PolicyVerdict {
  return { outcome: 'undetermined', cause: 'evidence missing', reason };
}

/** What the evidence itself cannot say: its name in the run, who signed, what the run gives. */
function contextOf(
  { signed, subjects }: PoliciesQuestion,
  material: RunMaterial | null,
): Record<string, Json> {
  const { run, runner } = signed.predicate;
  return {
    waybill: {
      signer: { ...signed.signer },
      run: { ...run },
      runner: { ...runner },
      subjects: subjects.map(({ name, digest }) => ({ name, digest: { ...digest } })),
    },
    ...(material === null ? {} : { chainloop_metadata: descriptorOf(material, run.project) }),
  };
}

/** As Chainloop's policies get it: an in-toto descriptor. */
function descriptorOf(material: RunMaterial, project: string): Json {
  const { name, kind, digest, filename, reference, value, annotations } = material;
  return {
    name: reference ?? filename ?? name,
    digest: { sha256: hexOf(digest) },
    project_name: project,
    annotations: {
      ...annotations,
      'chainloop.material.name': name,
      'chainloop.material.type': kind,
    },
    ...(value === undefined ? {} : { content: Buffer.from(value).toString('base64') }),
  };
}

function findingsOf(task: PolicyTask, verdict: PolicyVerdict): readonly Finding[] {
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
