/** What a run states, beside what is proven of it. Pure. */
import type { Finding } from '@waybill/api';
import { quoted } from '@waybill/core/bytes';
import type { BuildClaims } from '@waybill/core/fulcio';
import type { RunPredicate } from '@waybill/core/intoto';
import { RUNNER_NAMES, type RunnerType } from '@waybill/core/runner';
import type { FulcioExtensionName } from '@waybill/core/x509';
import { runnerOf } from './grade-build.ts';
import type { SignedEvidence } from './verify-signer.ts';

/**
 * Step `claims`: nothing that is stated may say otherwise than a token of the CI system does, and all tokens of one run
 * must be of one job's pipeline. What no token says anything of stays stated, and is no finding.
 */
export function checkClaims(given: {
  readonly signed: SignedEvidence;
  /** By the certificate; by the token that started the run; by the one that pushes. Null: there is none. */
  readonly certified: BuildClaims | null;
  readonly started: BuildClaims | null;
  readonly pushed: BuildClaims | null;
}): readonly Finding[] {
  const { signed, certified, started, pushed } = given;
  const facts = certified ?? pushed;
  if (facts === null) return [];
  const { predicate } = signed;
  return [
    ...checkRunnerType(facts, predicate),
    ...checkEnvironment(facts, predicate),
    ...checkCommit(facts, predicate),
    ...(started === null ? [] : checkSame(facts, started, 'started the run')),
    ...(pushed === null || pushed === facts ? [] : checkSame(facts, pushed, 'pushes it')),
  ];
}

/** Of its own, or a tool that runs inside of any other system. */
const INSIDE: ReadonlySet<RunnerType> = new Set(['DAGGER_PIPELINE', 'CHAINLOOP_SANDBOX']);

function checkRunnerType(facts: BuildClaims, { runner }: RunPredicate): readonly Finding[] {
  const verified = runnerOf(facts);
  const stated = RUNNER_NAMES.find((name) => name === runner.type);
  if (verified === null || stated === undefined || stated === verified || INSIDE.has(stated)) return [];
  return [contradicted(facts, { claim: 'issuer', what: 'runner.type', stated, verified })];
}

interface Stated {
  readonly claim: FulcioExtensionName | 'signer';
  /** What the variable must be by that claim; undefined: the claim says nothing of it. */
  readonly expected: (claim: string, facts: BuildClaims) => string | undefined;
  readonly ignoreCase?: boolean;
}

const same = (claim: FulcioExtensionName): Stated => ({ claim, expected: (text) => text });
const pathOf = (claim: FulcioExtensionName): Stated => ({
  claim,
  // Platforms take a name in any case for the same.
  ignoreCase: true,
  expected: (text) => (URL.canParse(text) ? new URL(text).pathname.slice(1) : undefined),
});
const matched = (claim: Stated['claim'], pattern: RegExp): Stated => ({
  claim,
  expected: (text) => pattern.exec(text)?.[1],
});

const BRANCH = /^refs\/heads\/(.+)$/;
const TAG = /^refs\/tags\/(.+)$/;
const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** By CI system the variables that its documentation gives the same meaning as a claim. */
const STATED: Readonly<Record<string, Readonly<Record<string, Stated>>>> = {
  github: {
    GITHUB_REPOSITORY: pathOf('sourceRepositoryUri'),
    GITHUB_REPOSITORY_OWNER: pathOf('sourceRepositoryOwnerUri'),
    GITHUB_SHA: same('sourceRepositoryDigest'),
    GITHUB_REF: same('sourceRepositoryRef'),
    GITHUB_EVENT_NAME: same('buildTrigger'),
    GITHUB_RUN_ID: matched('runInvocationUri', /\/actions\/runs\/(\d+)(?:\/|$)/),
  },
  gitlab: {
    CI_PROJECT_PATH: pathOf('sourceRepositoryUri'),
    CI_COMMIT_SHA: same('sourceRepositoryDigest'),
    CI_PIPELINE_SOURCE: same('buildTrigger'),
    CI_COMMIT_REF_NAME: {
      claim: 'sourceRepositoryRef',
      // The pipeline of a merge request has a ref that is neither branch nor tag, and the claim says which.
      expected: (ref, { extensions }) =>
        extensions.buildTrigger === 'merge_request_event'
          ? undefined
          : ref.replace(/^refs\/(?:heads|tags)\//, ''),
    },
  },
  circleci: {
    CIRCLE_BRANCH: matched('sourceRepositoryRef', BRANCH),
    CIRCLE_TAG: matched('sourceRepositoryRef', TAG),
  },
  buildkite: {
    // HEAD until the commit is known, in the token and in the job.
    BUILDKITE_COMMIT: matched('sourceRepositoryDigest', COMMIT),
    BUILDKITE_ORGANIZATION_SLUG: matched('signer', /^https:\/\/buildkite\.com\/([^/]+)\//),
    BUILDKITE_PIPELINE_SLUG: matched('signer', /^https:\/\/buildkite\.com\/[^/]+\/([^/]+)$/),
    BUILDKITE_BUILD_NUMBER: matched('runInvocationUri', /\/builds\/(\d+)#/),
  },
  jenkins: { BUILD_URL: matched('runInvocationUri', /^(https?:\/\/.+\/\d+\/)$/) },
  azure: { BUILD_BUILDURI: same('runInvocationUri') },
};

function checkEnvironment(facts: BuildClaims, { environment }: RunPredicate): readonly Finding[] {
  return Object.entries(STATED[facts.ci ?? ''] ?? {}).flatMap(
    ([variable, { claim, expected, ignoreCase }]) => {
      const stated = Object.hasOwn(environment, variable) ? environment[variable] : undefined;
      const said = claim === 'signer' ? facts.signer : facts.extensions[claim];
      const verified = said === undefined ? undefined : expected(said, facts);
      if (stated === undefined || verified === undefined || stated === verified) return [];
      if (ignoreCase && stated.toLowerCase() === verified.toLowerCase()) return [];
      if (variable === 'BUILDKITE_COMMIT' && !COMMIT.test(stated)) return [];
      return [contradicted(facts, { claim, what: variable, stated, verified })];
    },
  );
}

/** A job may work on another commit than the one it was started for; whoever reads the verdict should know. */
function checkCommit(facts: BuildClaims, { source }: RunPredicate): readonly Finding[] {
  const verified = facts.extensions.sourceRepositoryDigest;
  if (source === undefined || verified === undefined || !COMMIT.test(verified)) return [];
  if (source.commit === verified) return [];
  const message =
    `the checkout is stated to be at ${shown(source.commit)}, the token of ${facts.issuer} is for the commit ` +
    shown(verified);
  return [{ step: 'claims', code: 'claim_other_commit', message, advisory: true }];
}

/** All that tokens of one pipeline share; jobs of it may differ. */
const SHARED: readonly FulcioExtensionName[] = [
  'sourceRepositoryUri',
  'sourceRepositoryDigest',
  'sourceRepositoryRef',
];

function checkSame(facts: BuildClaims, other: BuildClaims, deed: string): readonly Finding[] {
  const pairs = [
    ['issuer', facts.issuer, other.issuer] as const,
    ...SHARED.map((name) => [name, facts.extensions[name], other.extensions[name]] as const),
    ['runInvocationUri', pipelineOf(facts), pipelineOf(other)] as const,
  ];
  return pairs.flatMap(([claim, verified, found]) => {
    if (verified === found) return [];
    const message =
      `the claim ${claim} of the job that ${deed} is ${shown(found ?? 'missing')}, ` +
      `that of the job which signed for it ${shown(verified ?? 'missing')}: one pipeline does both`;
    return [{ step: 'claims', code: 'claim_contradicted', message }];
  });
}

/** The part of a run's address that its jobs and attempts share; undefined where a job's address does not tell. */
function pipelineOf({ ci, extensions: { runInvocationUri } }: BuildClaims): string | undefined {
  if (ci === 'github') return runInvocationUri?.replace(/\/attempts\/\d+$/, '');
  if (ci === 'buildkite') return runInvocationUri?.replace(/#.*$/, '');
  return ci === 'jenkins' || ci === 'azure' ? runInvocationUri : undefined;
}

function contradicted(
  { issuer }: BuildClaims,
  found: {
    readonly claim: string;
    readonly what: string;
    readonly stated: string;
    readonly verified: string;
  },
): Finding {
  const { claim, what, stated, verified } = found;
  const message = `the claim ${claim}: the run states ${what} as ${shown(stated)}, the token of ${issuer} proves ${shown(verified)}`;
  return { step: 'claims', code: 'claim_contradicted', message };
}

function shown(text: string): string {
  return quoted(text, 200);
}
