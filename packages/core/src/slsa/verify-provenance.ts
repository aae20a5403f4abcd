import type { Bundle } from '../bundle/index.ts';
import { type Json, quoted } from '../bytes/index.ts';
import { type Provenance, parseProvenance, type Statement } from '../intoto/index.ts';
import type { TrustedRoot } from '../trust/index.ts';
import { type Artifact, type Verified, verifyStatementBundle } from '../verify/index.ts';
import { type TrustedBuilder, trustedBuilder } from './builders.ts';
import { type CertifiedBuild, certifiedBuild, GITHUB_ISSUER } from './certified-build.ts';
import { slsaError } from './errors.ts';
import { checkInputs, checkRef, type ProvenanceExpectations, repositoryOf } from './expectations.ts';

export interface VerifyProvenanceOptions {
  readonly trustedRoot: TrustedRoot;
  readonly artifact: Artifact;
  readonly expected: ProvenanceExpectations;
  /** Refuses times that lie after it. */
  readonly now: Date;
}

export interface VerifiedProvenance {
  readonly statement: Verified<Statement>;
  readonly provenance: Provenance;
  readonly build: CertifiedBuild;
  readonly builder: TrustedBuilder;
}

/**
 * The steps of SLSA's verifying-artifacts: signature, subject, predicate, (signer, builder) → level, expectations.
 * Source and ref are those that the certificate authority read from the job's token; what the statement says of them
 * must be the same. Throws `slsa_…`, `provenance_invalid`, `shape_invalid` and what `verifyStatementBundle` throws.
 */
export function verifyProvenance(bundle: Bundle, options: VerifyProvenanceOptions): VerifiedProvenance {
  const { trustedRoot, artifact, expected, now } = options;
  const expectations = { type: 'identity', issuer: GITHUB_ISSUER, subject: '*' } as const;
  const { statement } = verifyStatementBundle(bundle, { trustedRoot, artifact, now, expectations });
  const provenance = parseProvenance(statement.value.predicateType, statement.value.predicate);
  const build = certifiedBuild(statement.signer);
  const builder = trustedBuilder({ build, provenance }, expected.builder);
  checkSource(build, expected.sourceUri);
  checkAgreement(build, provenance);
  for (const ref of expected.refs) checkRef(ref, build.ref, branchOfTag(provenance, builder));
  checkInputs(expected.workflowInputs, startedWith(build, provenance));
  return { statement, provenance, build, builder };
}

function checkSource(build: CertifiedBuild, sourceUri: string): void {
  const repository = repositoryOf(sourceUri);
  if (build.repository === repository) return;
  throw slsaError('slsa_source', `source: expected ${repository}, found ${quoted(build.repository)}`);
}

/** A statement that says other things than the certificate was made by somebody who wants to be misread. */
function checkAgreement(build: CertifiedBuild, provenance: Provenance): void {
  const { source, dependencies, entryPoint } = provenance;
  const uri = `git+${build.repository}@${build.ref}`;
  const commits = Object.entries(source.digest).filter(([name]) => name === 'sha1' || name === 'gitCommit');
  agree('source', uri, source.uri);
  for (const [, commit] of commits) agree('commit', build.commit, commit);
  if (commits.length === 0)
    throw slsaError('slsa_contradiction', 'the statement names no commit of its source');
  const repository = `git+${build.repository}`;
  for (const dependency of dependencies) {
    if (dependency.uri.startsWith(`${repository}@`)) agree('dependency', uri, dependency.uri);
  }
  if (entryPoint !== '' && build.entryPoint !== '')
    agree('workflow', build.entryPoint, withDirectory(entryPoint));
  const event = eventOf(provenance);
  if (event !== null && build.trigger !== '') agree('event', build.trigger, event);
}

/** The generators state the path from the root of the repository; older ones the name of the file. */
function withDirectory(entryPoint: string): string {
  return entryPoint.includes('/') ? entryPoint : `.github/workflows/${entryPoint}`;
}

function agree(what: string, certified: string, stated: string): void {
  if (stated === certified) return;
  throw slsaError(
    'slsa_contradiction',
    `${what}: the statement says ${quoted(stated)}, the certificate of its signer ${quoted(certified)}`,
  );
}

function textIn(members: Readonly<Record<string, Json>>, ...names: readonly string[]): string | null {
  const found = names.map((name) => members[name]).find((value) => typeof value === 'string');
  return found ?? null;
}

function objectIn(
  members: Readonly<Record<string, Json>>,
  name: string,
): Readonly<Record<string, Json>> | null {
  const value = members[name] ?? null;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : null;
}

function eventOf({ environment }: Provenance): string | null {
  const named = textIn(environment, 'github_event_name', 'GITHUB_EVENT_NAME');
  return named ?? textIn(objectIn(environment, 'github') ?? {}, 'event_name');
}

function payloadOf({ environment }: Provenance): Readonly<Record<string, Json>> | null {
  return objectIn(environment, 'github_event_payload') ?? objectIn(environment, 'GITHUB_EVENT_PAYLOAD');
}

/** The branch that GitHub's event names for a pushed tag. A job could write it as it likes, so only level 3 counts. */
function branchOfTag(provenance: Provenance, builder: TrustedBuilder): string | null {
  return builder.level === 3 ? textIn(payloadOf(provenance) ?? {}, 'base_ref') : null;
}

function startedWith(build: CertifiedBuild, provenance: Provenance): Readonly<Record<string, Json>> | null {
  if (build.trigger !== 'workflow_dispatch') return null;
  return objectIn(payloadOf(provenance) ?? {}, 'inputs') ?? {};
}
