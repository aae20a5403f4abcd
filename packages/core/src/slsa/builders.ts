/**
 * Roots of trust of SLSA (spec/verifying-artifacts.md, step 1): which signer may speak for which builder, and the
 * highest build level that this pair can reach. A new builder is one entry.
 */
import { quoted } from '../bytes/index.ts';
import type { Provenance } from '../intoto/index.ts';
import { slsaError } from './errors.ts';
import type { CertifiedBuild } from './certified-build.ts';

export type BuildLevel = 0 | 1 | 2 | 3;

export interface TrustedBuilder {
  readonly id: string;
  readonly level: BuildLevel;
  /** Why not more, or why so much. */
  readonly reason: string;
}

/** What the caller takes: any builder that this table knows, or this one, also with its version left out. */
export type BuilderExpectation = { readonly type: 'known' } | { readonly type: 'named'; readonly id: string };

type Pair = { readonly build: CertifiedBuild; readonly provenance: Provenance };

interface KnownBuilder {
  readonly matches: (pair: Pair) => boolean;
  readonly buildTypes: readonly string[];
  /** Keys that a tenant's parameters may have in each build type; others are refused (spec: SHOULD reject). */
  readonly parameters: readonly string[];
  readonly level: BuildLevel;
  readonly reason: string;
  /** False: only a caller who names the builder gets it. */
  readonly isKnown: (pair: Pair) => boolean;
}

const GENERATORS = 'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/';
/** A release, never a branch or a moving tag: vX.Y.Z without pre-release. */
const RELEASE = /@refs\/tags\/v\d+\.\d+\.\d+$/;

const GENERATOR_FILES: ReadonlySet<string> = new Set([
  'generator_generic_slsa3.yml',
  'generator_container_slsa3.yml',
  'builder_go_slsa3.yml',
  'builder_docker-based_slsa3.yml',
]);
const DELEGATOR_FILES: ReadonlySet<string> = new Set([
  'delegator_generic_slsa3.yml',
  'delegator_lowperms-generic_slsa3.yml',
]);

/** File of the generators' repository at a release; null for anything else. */
function generatorFile(workflow: string): string | null {
  if (!workflow.startsWith(GENERATORS) || !RELEASE.test(workflow)) return null;
  return workflow.slice(GENERATORS.length).replace(RELEASE, '');
}

const NPM_RUNNERS: ReadonlySet<string> = new Set([
  'https://github.com/actions/runner',
  'https://github.com/actions/runner/github-hosted',
]);

const ISOLATED = 'a reusable workflow signs, in a virtual machine that the calling job cannot reach';
const TENANT_SIGNS =
  'the job itself asks for the certificate, so that whoever controls the job controls the statement; the platform vouches for repository, commit and runner only';

const BUILDERS: readonly KnownBuilder[] = [
  {
    matches: ({ build, provenance }) =>
      GENERATOR_FILES.has(generatorFile(build.signer) ?? '') && provenance.builderId === build.signer,
    buildTypes: ['generic@v1', 'go@v1', 'container@v1', 'container-based-build/v0.1'].map(
      (name) => `https://github.com/slsa-framework/slsa-github-generator/${name}`,
    ),
    parameters: ['version', 'inputs', 'vars', 'source', 'builderImage', 'configPath'],
    level: 3,
    reason: ISOLATED,
    isKnown: () => true,
  },
  {
    // "Bring your own builder": the delegator signs for another workflow, whose reference it has verified itself.
    matches: ({ build, provenance }) =>
      DELEGATOR_FILES.has(generatorFile(build.signer) ?? '') && RELEASE.test(provenance.builderId),
    buildTypes: ['https://github.com/slsa-framework/slsa-github-generator/delegator-generic@v0'],
    parameters: ['inputs', 'vars'],
    level: 3,
    reason: ISOLATED,
    isKnown: ({ provenance }) => generatorFile(provenance.builderId) !== null,
  },
  {
    // npm writes it on GitHub's machines, in the tenant's own job.
    matches: ({ build, provenance }) =>
      NPM_RUNNERS.has(provenance.builderId) &&
      build.isHosted &&
      build.signer.startsWith(`${build.repository}/`),
    buildTypes: [
      'https://github.com/npm/cli/gha/v1',
      'https://github.com/npm/cli/gha/v2',
      'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1',
    ],
    parameters: ['workflow'],
    level: 2,
    reason: TENANT_SIGNS,
    isKnown: () => true,
  },
  {
    // actions/attest-build-provenance.
    matches: ({ build, provenance }) => build.isHosted && provenance.builderId === build.signer,
    buildTypes: ['https://actions.github.io/buildtypes/workflow/v1'],
    parameters: ['workflow', 'inputs'],
    level: 2,
    reason: TENANT_SIGNS,
    isKnown: () => false,
  },
];

/** The builder that may speak here. Throws `slsa_builder`, `slsa_build_type`. */
export function trustedBuilder(pair: Pair, expected: BuilderExpectation): TrustedBuilder {
  const { build, provenance } = pair;
  const builder = BUILDERS.find(
    (known) => known.buildTypes.includes(provenance.buildType) && known.matches(pair),
  );
  if (!builder) {
    throw slsaError(
      'slsa_builder',
      `nobody vouches that ${quoted(build.signer)} speaks for the builder ${quoted(provenance.builderId)} with the build type ${quoted(provenance.buildType)}`,
    );
  }
  if (expected.type === 'named' ? !isNamed(provenance.builderId, expected.id) : !builder.isKnown(pair)) {
    throw slsaError(
      'slsa_builder',
      expected.type === 'named'
        ? `builder: expected ${quoted(expected.id)}, found ${quoted(provenance.builderId)}`
        : `builder: ${quoted(provenance.builderId)} is none that is trusted unless it is named (--builder-id)`,
    );
  }
  const unknown = Object.keys(provenance.parameters).find((name) => !builder.parameters.includes(name));
  if (unknown !== undefined) {
    throw slsaError(
      'slsa_build_type',
      `the parameter ${quoted(unknown)} is none of the build type ${quoted(provenance.buildType)}`,
    );
  }
  return { id: provenance.builderId, level: builder.level, reason: builder.reason };
}

/** `name@refs/tags/v1.2.3` is also expected as `name@v1.2.3` and as `name`; npm's runner with its kind or without. */
function isNamed(id: string, expected: string): boolean {
  if (NPM_RUNNERS.has(id)) return NPM_RUNNERS.has(expected);
  return [id, id.replace('@refs/tags/', '@'), id.replace(/@.*$/, '')].includes(expected);
}
