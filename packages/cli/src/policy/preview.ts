/** What the policies of a contract say about recorded materials, asked as the server will: a preview, no verdict. */
import { stat } from 'node:fs/promises';
import { utf8 } from '@waybill/core/bytes';
import { policyContext, type PolicyRunFacts, type PolicyTask, policyTasks } from '@waybill/core/contract';
import { digestOf } from '@waybill/core/digest';
import { formatRunStatement, parseStatement, type RunMaterial } from '@waybill/core/intoto';
import { parseKind } from '@waybill/core/material';
import {
  judge,
  MAX_EVIDENCE_BYTES,
  POLICY_LIMITS,
  type PolicyEngines,
  type PolicyEvidence,
  type PolicyVerdict,
} from '@waybill/core/policy';
import { loadPolicyEngine } from '@waybill/rego/policy-load';
import { readNamedBytes } from '../files.ts';
import { predicateOf } from '../sign-attestation.ts';
import type { AttestationState } from '../state.ts';
import { contractOf } from '../stated-contract.ts';
import type { Judged } from './verdict-text.ts';

const NS_PER_MS = 1_000_000n;

interface Judging {
  readonly state: AttestationState;
  readonly facts: PolicyRunFacts;
  readonly engines: PolicyEngines;
  readonly nowNs: bigint;
}

/**
 * Each policy with the limits that it has on the server; of one material, where one is given. Policies about the
 * attestation itself are left out: they see who signed, which is proven only there.
 */
export async function previewPolicies(
  state: AttestationState,
  only?: RunMaterial,
): Promise<readonly Judged[]> {
  const tasks = policyTasks(contractOf(state.contractDocument), state.materials).filter(
    ({ material, work }) => (only === undefined ? !isAboutAttestation(work) : material === only.name),
  );
  const judging = await judgingOf(state, tasks);
  const judged: Judged[] = [];
  for (const { name: policy, material, enforced, work } of tasks) {
    const verdict = work.outcome === 'open' ? await verdictOf(judging, work) : work;
    judged.push({ policy, material, enforced, verdict });
  }
  return judged;
}

type Work = PolicyTask['work'];
type OpenWork = Extract<Work, { readonly outcome: 'open' }>;

function isAboutAttestation(work: Work): boolean {
  return work.outcome === 'open' && work.evidence === null;
}

async function judgingOf(state: AttestationState, tasks: readonly PolicyTask[]): Promise<Judging> {
  const programs = tasks.flatMap(({ work }) =>
    work.outcome === 'open' ? work.policy.scripts.map(({ source }) => source) : [],
  );
  const now = new Date();
  const predicate = predicateOf(state, now.toISOString());
  const { subject: subjects } = parseStatement(formatRunStatement(predicate)).claimed;
  const { run, runner } = predicate;
  return {
    state,
    facts: { run, runner, subjects },
    engines: { rego: await loadPolicyEngine(programs) },
    nowNs: BigInt(now.getTime()) * NS_PER_MS,
  };
}

async function verdictOf(
  { state, facts, engines, nowNs }: Judging,
  { policy, arguments: given, evidence: material }: OpenWork,
): Promise<PolicyVerdict> {
  const evidence = material === null ? missing('only the server has it') : await evidenceOf(state, material);
  if ('outcome' in evidence) return evidence;
  const context = policyContext(facts, material);
  return judge(policy, { evidence, arguments: given, context, nowNs, limits: POLICY_LIMITS }, engines);
}

/** The file as it was recorded, if it is still that. */
async function evidenceOf(
  { files }: AttestationState,
  { name, kind: kindText, digest }: RunMaterial,
): Promise<PolicyEvidence | PolicyVerdict> {
  const kind = parseKind(kindText);
  if (kind === 'STRING' || kind === 'CONTAINER_IMAGE') return { kind, bytes: utf8('') };
  const file = files?.[name];
  const size = file === undefined ? undefined : await sizeOf(file);
  if (file === undefined || size === undefined) return missing('its file is not here: the server has it');
  if (size > MAX_EVIDENCE_BYTES) return missing(`it has more than ${MAX_EVIDENCE_BYTES} bytes`);
  const bytes = await readNamedBytes(file);
  if (digestOf(bytes) === digest) return { kind, bytes };
  return missing(`${file} has changed since it was recorded: the server judges what was recorded`);
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}

function missing(reason: string): PolicyVerdict {
  return { outcome: 'undetermined', cause: 'evidence missing', reason };
}
