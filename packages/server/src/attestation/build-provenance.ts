import type { BuildGrade } from '@waybill/api';
import type { Json } from '@waybill/core/bytes';
import type { BuildClaims } from '@waybill/core/fulcio';
import { type Digest, digestOf, hexOf } from '@waybill/core/digest';
import {
  formatStatement,
  PROVENANCE_V1_TYPE,
  STATEMENT_TYPE_V1,
  type Statement,
  type Subject,
} from '@waybill/core/intoto';
import { contractUri, runUri } from './addresses.ts';
import type { AttestationDeps } from './deps.ts';
import type { GradedBuild } from './grade-build.ts';
import { type LoggedEvidence, logProvenance } from './log-evidence.ts';
import type { RunRow } from './queries.ts';
import type { SignedEvidence } from './verify-signer.ts';

/** docs/slsa.md describes it. */
const RUN_BUILD_TYPE = 'https://waybill.dev/build-types/run/v1';

export interface ToProve {
  readonly run: RunRow;
  readonly evidence: SignedEvidence;
  /** Of the attestation's bundle as stored. */
  readonly bundleDigest: Digest;
  readonly subjects: readonly Subject[];
  readonly build: GradedBuild;
  readonly finishedAt: Date;
}

export interface Provenance extends LoggedEvidence {
  readonly payloadDigest: Digest;
}

/**
 * Step `provenance`: how the run was built, as far as this server knows it, signed by the server's own identity and
 * logged. Repository, ref, commit, workflow and runner are those of the job's identity token; what the client states
 * stands in `externalParameters`, which SLSA holds to be untrusted, below `stated`.
 */
export async function proveBuild(deps: AttestationDeps, given: ToProve): Promise<Provenance> {
  const statement: Statement = {
    type: STATEMENT_TYPE_V1,
    subject: given.subjects,
    predicateType: PROVENANCE_V1_TYPE,
    predicate: { ...provenanceOf(deps, given), waybill_grade: { ...presentGrade(deps, given.build) } },
  };
  const payload = formatStatement(statement);
  const signed = await deps.trust.signAsServer(payload);
  return { payloadDigest: digestOf(payload), ...(await logProvenance(deps, signed, given.subjects)) };
}

/** Each mode of assurance is a builder of its own: whoever trusts one must not get another by the same name. */
function builderId({ trust }: AttestationDeps, { mode }: GradedBuild): string {
  return `${trust.serverIdentity}/builders/${mode}`;
}

/** Who made the provenance, who signed it, and how far it goes. */
export function presentGrade(deps: AttestationDeps, build: GradedBuild): BuildGrade {
  return {
    level: build.level,
    builder: builderId(deps, build),
    generatedBy: 'server',
    signedBy: deps.trust.serverIdentity,
    runner: build.runner === null ? 'stated' : 'verified',
    ...(build.facts === null ? {} : { claims: claimsOf(build.facts) }),
    reasons: [...build.reasons],
  };
}

/** What the token proves, by the names that certificates have for it. */
function claimsOf({ signer, extensions }: BuildClaims): Readonly<Record<string, string>> {
  const { buildSignerUri = signer, ...others } = extensions;
  return { ...others, buildSignerUri };
}

function provenanceOf(deps: AttestationDeps, given: ToProve): Readonly<Record<string, Json>> {
  const { run, evidence, bundleDigest, build, finishedAt } = given;
  const { facts } = build;
  return {
    buildDefinition: {
      buildType: RUN_BUILD_TYPE,
      externalParameters: {
        ...(facts === null ? {} : workflowOf(facts)),
        contract: {
          uri: contractUri(deps, run.contract),
          digest: { sha256: hexOf(run.contract.digest) },
        },
        stated: statedBy(evidence),
      },
      internalParameters: { run: run.id, ...(facts === null ? {} : { token: tokenOf(facts) }) },
      resolvedDependencies: facts === null ? [] : dependenciesOf(facts),
    },
    runDetails: {
      builder: { id: builderId(deps, build), version: { waybill: deps.version } },
      metadata: {
        invocationId:
          facts?.extensions.runInvocationUri ??
          `${runUri(deps, evidence.predicate.run.organization, run)}#${run.id}`,
        startedOn: run.startedAt.toISOString(),
        finishedOn: finishedAt.toISOString(),
      },
      byproducts: [{ name: 'attestation', digest: { sha256: hexOf(bundleDigest) } }],
    },
  };
}

/** In the words of GitHub's build type, so that verifiers find the source where they look for it. */
function workflowOf({ extensions, signer }: BuildClaims): Readonly<Record<string, Json>> {
  const { sourceRepositoryUri, sourceRepositoryRef = '', buildConfigUri } = extensions;
  if (sourceRepositoryUri === undefined) return {};
  const config = buildConfigUri ?? signer;
  const path = config.startsWith(`${sourceRepositoryUri}/`)
    ? config.slice(sourceRepositoryUri.length)
    : config;
  return {
    workflow: {
      repository: sourceRepositoryUri,
      ref: sourceRepositoryRef,
      path: path.replace(/@[^@]*$/, '').replace(/^\/+/, ''),
    },
  };
}

/** What the client says of itself: kept visibly as that. */
function statedBy({ predicate }: SignedEvidence): Json {
  const { runner, environment, annotations, tool } = predicate;
  return { runner: { ...runner }, environment, annotations, tool };
}

/** What the identity token said, in the words of a certificate. */
function tokenOf({ issuer, signer, extensions }: BuildClaims): Json {
  const { buildTrigger, runnerEnvironment, sourceRepositoryIdentifier, sourceRepositoryOwnerIdentifier } =
    extensions;
  const known = {
    buildTrigger,
    runnerEnvironment,
    sourceRepositoryIdentifier,
    sourceRepositoryOwnerIdentifier,
  };
  const said = Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { issuer, signer, ...Object.fromEntries(said) };
}

function dependenciesOf({ signer, extensions }: BuildClaims): Json {
  const { sourceRepositoryUri, sourceRepositoryRef, sourceRepositoryDigest, buildSignerDigest } = extensions;
  const source =
    sourceRepositoryUri && sourceRepositoryDigest
      ? [
          {
            uri: `git+${sourceRepositoryUri}${sourceRepositoryRef ? `@${sourceRepositoryRef}` : ''}`,
            digest: { gitCommit: sourceRepositoryDigest },
          },
        ]
      : [];
  const workflow = buildSignerDigest ? [{ uri: signer, digest: { gitCommit: buildSignerDigest } }] : [];
  return [...source, ...workflow];
}
