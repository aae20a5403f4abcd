/** Which policies of a contract judge which evidence of a run. */
import { canonicalJson, utf8 } from '../bytes/index.ts';
import { type Digest, digestOf } from '../digest/index.ts';
import { isCoded } from '../errors.ts';
import type { RunMaterial } from '../intoto/index.ts';
import { type MaterialKind, isMaterialKind } from '../material/index.ts';
import { type Policy, type PolicyVerdict, readPolicy } from '../policy/index.ts';
import type { Contract, ContractMaterial, PolicyAttachment } from './contract.ts';

/** One policy about one piece of evidence. */
export interface PolicyTask {
  /** Name of the policy, or how the contract refers to it. */
  readonly name: string;
  /** Of the policy's document, as canonical JSON (RFC 8785); null where it does not stand in the contract. */
  readonly digest: Digest | null;
  /** False: what it finds is told, and blocks nothing. */
  readonly enforced: boolean;
  /** Null: the statement itself, or nothing that the run has. */
  readonly material: string | null;
  /** What is to be judged, or the verdict where that stands before anything is looked at. */
  readonly work: PolicyWork | PolicyVerdict;
}

export interface PolicyWork {
  readonly outcome: 'open';
  readonly policy: Policy;
  readonly arguments: Readonly<Record<string, string>>;
  /** Null: the statement. */
  readonly evidence: RunMaterial | null;
}

/**
 * Every policy gives at least one task, so that none is forgotten without a word: one that finds nothing to judge is
 * undetermined, unless the contract itself lets that evidence be left out.
 */
export function policyTasks(contract: Contract, materials: readonly RunMaterial[]): readonly PolicyTask[] {
  const { policies, policyGroups } = contract;
  return [
    ...policies.materials.flatMap((attachment) =>
      tasksOf(attachment, (policy) => materialTargets(contract, { attachment, policy, materials })),
    ),
    ...policies.attestation.flatMap((attachment) => tasksOf(attachment, () => [null])),
    ...policyGroups.map(({ ref, gate }) => ({
      name: ref,
      digest: null,
      enforced: gate !== false,
      material: null,
      work: error('policy groups are not evaluated by this version: attach their policies one by one'),
    })),
  ];
}

type Target = RunMaterial | null | PolicyVerdict;

function tasksOf(
  attachment: PolicyAttachment,
  targetsOf: (policy: Policy) => readonly Target[],
): readonly PolicyTask[] {
  const { ref, disabled, gate } = attachment;
  const digest = ref === null ? digestOf(utf8(canonicalJson(attachment.embedded))) : null;
  const task = { name: ref ?? nameIn(attachment), digest, enforced: gate !== false, material: null };
  if (disabled) {
    const reason = 'the contract disables it';
    return [{ ...task, work: { outcome: 'not applicable', reason } }];
  }
  if (ref !== null) {
    const reason =
      'policies by reference are not evaluated by this version: write the policy into the contract, as "embedded"';
    return [{ ...task, work: error(reason) }];
  }
  const policy = readOrRefuse(attachment);
  if ('outcome' in policy) return [{ ...task, work: policy }];
  return targetsOf(policy).map((target) => ({
    ...task,
    ...(isVerdict(target)
      ? { work: target }
      : {
          material: target?.name ?? null,
          work: { outcome: 'open', policy, arguments: attachment.with, evidence: target },
        }),
  }));
}

function isVerdict(target: Target): target is PolicyVerdict {
  return target !== null && 'outcome' in target;
}

function readOrRefuse({ embedded }: PolicyAttachment): Policy | PolicyVerdict {
  try {
    return readPolicy(embedded);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    return error(cause.message);
  }
}

function nameIn({ embedded }: PolicyAttachment): string {
  const metadata = (embedded as { readonly metadata?: { readonly name?: unknown } } | null)?.metadata;
  return typeof metadata?.name === 'string' ? metadata.name : 'a policy without a name';
}

function materialTargets(
  contract: Contract,
  given: {
    readonly attachment: PolicyAttachment;
    readonly policy: Policy;
    readonly materials: readonly RunMaterial[];
  },
): readonly Target[] {
  const { attachment, policy, materials } = given;
  const isMeant = ({ name, kind }: Pick<RunMaterial, 'name' | 'kind'>): boolean =>
    isSelected(attachment, name) && isMaterialKind(kind) && takes(policy, kind);
  const isForAll = policy.scripts.some(({ kind }) => kind === null);
  if (isForAll && attachment.selector === null) {
    return [error('a policy for any kind of material is attached with a selector, which says for which one')];
  }
  const found = materials.filter(isMeant);
  return found.length > 0 ? found : [nothingToJudge(contract.materials.filter(isMeant))];
}

function takes({ scripts }: Policy, kind: MaterialKind): boolean {
  return scripts.some((script) => script.kind === null || script.kind === kind);
}

function isSelected({ selector }: PolicyAttachment, name: string): boolean {
  if (selector === null || selector.name === '') return true;
  return selector.matchMode === 'PREFIX' ? name.startsWith(selector.name) : name === selector.name;
}

function nothingToJudge(wanted: readonly ContractMaterial[]): PolicyVerdict {
  const mayBeAbsent = wanted.length > 0 && wanted.every(({ optional, group }) => optional || group !== '');
  if (mayBeAbsent) {
    return {
      outcome: 'not applicable',
      reason: `the run has no ${wanted.map(({ name }) => name).join(' or ')}, which the contract lets be left out`,
    };
  }
  return {
    outcome: 'undetermined',
    cause: 'evidence missing',
    reason: 'the run has no material that the policy is meant for',
  };
}

function error(reason: string): PolicyVerdict {
  return { outcome: 'undetermined', cause: 'error', reason };
}
