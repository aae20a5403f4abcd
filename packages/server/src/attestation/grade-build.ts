import { matchesPattern } from '@waybill/core/bytes';
import type { Contract, ContractSigner } from '@waybill/core/contract';
import type { BuildClaims } from '@waybill/core/fulcio';
import type { RunnerType } from '@waybill/core/runner';
import type { FulcioExtensions } from '@waybill/core/x509';
import type { SignedEvidence } from './verify-signer.ts';

/** How much of a build is proven; each is a builder of its own, as SLSA asks (spec/build-provenance.md, builder.id). */
export type BuildMode = 'isolated' | 'hosted' | 'self-hosted' | 'unproven';

export interface GradedBuild {
  /** Highest SLSA build level that the facts allow. */
  readonly level: 1 | 2 | 3;
  readonly mode: BuildMode;
  /** Null: nothing about the build is proven. */
  readonly facts: BuildClaims | null;
  /** Type of runner, as contracts spell it, that a token proves; null: it is only stated. */
  readonly runner: string | null;
  /** For people: why so much, and why not more. */
  readonly reasons: readonly string[];
}

/**
 * What may be said of where and how a run was built. The level of SLSA's build track, by its requirements: 1 there is
 * provenance; 2 it is made and signed by somebody whom the job cannot be, and the machine is the platform's; 3 the
 * job that signs runs nothing of the tenant's, which the contract says by naming a workflow of another repository.
 */
export function gradeBuild(given: {
  readonly contract: Contract;
  readonly signed: SignedEvidence;
  /** Of the job that pushed it; null where an API token did. */
  readonly pushed: BuildClaims | null;
  /** URL of the built-in issuer. */
  readonly issuerUrl: string;
}): GradedBuild {
  const { contract, signed, pushed, issuerUrl } = given;
  const facts = certified(signed, issuerUrl) ?? pushed;
  if (facts) return gradeJob(contract, facts);
  return signed.statement.signer.type === 'key'
    ? unproven('it is signed by a key, which says nothing of where a build ran')
    : unproven(
        'it is signed as the workflow with a token of this server: whoever holds one can state any build',
      );
}

/** By the certificate that the job got for its CI system's token; null where it is signed in another way. */
export function certified({ statement }: SignedEvidence, issuerUrl: string): BuildClaims | null {
  const { signer } = statement;
  if (signer.type === 'key' || signer.issuer === issuerUrl || signer.extensions === null) return null;
  const { issuer, subject, extensions } = signer;
  return { issuer, ci: ciOf(extensions), signer: subject, extensions };
}

function unproven(reason: string): GradedBuild {
  return { level: 1, mode: 'unproven', facts: null, runner: null, reasons: [reason] };
}

/** Word for machines of the platform itself. Other systems' tokens have none that is known to mean that. */
const HOSTED: Readonly<Record<string, string>> = { github: 'github-hosted', gitlab: 'gitlab-hosted' };

function gradeJob(contract: Contract, facts: BuildClaims): GradedBuild {
  const { issuer, extensions } = facts;
  const { runnerEnvironment: environment, sourceRepositoryUri, sourceRepositoryDigest } = extensions;
  const job = { facts, runner: runnerOf(facts) };
  if (!environment || !sourceRepositoryUri || !sourceRepositoryDigest) {
    const reason = `the token of ${issuer} names no repository, commit and runner, so that nothing more than the job ${facts.signer} is proven`;
    return { ...unproven(reason), ...job };
  }
  if (environment !== HOSTED[facts.ci ?? '']) {
    const reason = `the token of ${issuer} says that the runner is ${environment}: a machine that its owner can change`;
    return { ...job, level: 1, mode: 'self-hosted', reasons: [reason] };
  }
  const hosted = `the token of ${issuer} says that it ran on a machine of the platform (${environment})`;
  const doubt = isolationDoubt(contract, facts, sourceRepositoryUri);
  return doubt === null
    ? {
        ...job,
        level: 3,
        mode: 'isolated',
        reasons: [hosted, `${facts.signer} signs, a workflow of another repository that the contract names`],
      }
    : { ...job, level: 2, mode: 'hosted', reasons: [hosted, doubt] };
}

/** Why whoever controls the built repository may control what was signed; null: nothing says so. */
function isolationDoubt({ signers }: Contract, facts: BuildClaims, source: string): string | null {
  const [workflow, ref] = splitRef(facts.signer);
  const [place, built] = [placeOf(workflow), placeOf(source)];
  if (place === null || built === null || place.host !== built.host) {
    return `${workflow} and ${source} are not on one host, so nobody can tell whether one is part of the other`;
  }
  if (`${place.path}/`.startsWith(`${built.path}/`)) {
    return `${workflow} is a workflow of the built repository: who can change it controls what it states`;
  }
  if (!/^(?:refs\/tags\/.+|[0-9a-f]{40}|[0-9a-f]{64})$/.test(ref)) {
    return `${workflow} is taken from ${ref === '' ? 'no ref' : ref}, which moves: a tag or a commit stays`;
  }
  if (!signers.some((signer) => vouches(signer, { ...facts, workflow }))) {
    return `no signer of the contract names ${workflow} without a wildcard, so nobody vouches for it`;
  }
  return null;
}

/** `…/release.yml@refs/tags/v1` as the workflow and its ref. */
function splitRef(signer: string): readonly [string, string] {
  const at = signer.lastIndexOf('@');
  return at === -1 ? [signer, ''] : [signer.slice(0, at), signer.slice(at + 1)];
}

/** Platforms take a name in any case for the same. */
function placeOf(uri: string): { readonly host: string; readonly path: string } | null {
  if (!URL.canParse(uri)) return null;
  const { host, pathname } = new URL(uri);
  return { host, path: pathname.toLowerCase().replace(/\/+$/, '') };
}

/** The security team names the very workflow; only its ref may be a pattern. */
function vouches(
  { issuer, subject }: ContractSigner,
  facts: { readonly issuer: string; readonly signer: string; readonly workflow: string },
): boolean {
  const [workflow] = splitRef(subject);
  return issuer === facts.issuer && workflow === facts.workflow && matchesPattern(subject, facts.signer);
}

/** By what only that platform's mapping writes into a certificate. */
function ciOf({ githubWorkflowRepository, runInvocationUri = '' }: FulcioExtensions): string | null {
  if (githubWorkflowRepository !== undefined) return 'github';
  if (runInvocationUri.includes('/-/jobs/')) return 'gitlab';
  if (runInvocationUri.startsWith('https://buildkite.com/')) return 'buildkite';
  return runInvocationUri.startsWith('https://app.circleci.com/') ? 'circleci' : null;
}

/** As contracts spell them. A service account of Kubernetes may run anything. */
const RUNNERS: Readonly<Record<string, RunnerType>> = {
  github: 'GITHUB_ACTION',
  gitlab: 'GITLAB_PIPELINE',
  circleci: 'CIRCLECI_BUILD',
  buildkite: 'BUILDKITE_PIPELINE',
  jenkins: 'JENKINS_JOB',
  azure: 'AZURE_PIPELINE',
};

/** Type of the runner that the token proves; null: none that is known. */
export function runnerOf({ ci }: BuildClaims): RunnerType | null {
  return RUNNERS[ci ?? ''] ?? null;
}

/** Whether a token proves the runner that the contract wants; without one that it wants, any. */
export function provesRunner({ runner: wanted }: Contract, { runner }: GradedBuild): boolean {
  return runner !== null && (wanted === null || wanted === runner);
}
