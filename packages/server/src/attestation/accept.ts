import type { Finding, PolicyJudgement, Receipt } from '@waybill/api';
import type { Contract } from '@waybill/core/contract';
import type { Digest } from '@waybill/core/digest';
import type { Subject } from '@waybill/core/intoto';
import { authorize, type Principal } from '../identity/index.ts';
import { allowedActions } from '../registry/index.ts';
import { runRepository } from './addresses.ts';
import { bind } from './bind.ts';
import { presentGrade } from './build-provenance.ts';
import { checkClaims } from './check-claims.ts';
import { checkConformance, judgedSubjects } from './check-conformance.ts';
import { checkMaterials } from './check-materials.ts';
import { checkPolicies, type PoliciesAnswer } from './check-policies.ts';
import { checkSigner } from './check-signer.ts';
import { commitReceipt, type ReceiptToCommit } from './commit.ts';
import type { AttestationDeps } from './deps.ts';
import { certified, type GradedBuild, gradeBuild, provesRunner } from './grade-build.ts';
import type { RunRow } from './queries.ts';
import { loadForAccept } from './read-run.ts';
import { auditRefusal } from './refuse.ts';
import { requireOpen } from './require-open.ts';
import { documentOf, signEvidence } from './sign-evidence.ts';
import { traced } from './traced.ts';
import { type SignedEvidence, verifySigner } from './verify-signer.ts';

export interface AcceptInput {
  readonly principal: Principal;
  readonly runId: string;
  /** A Sigstore bundle as JSON. */
  readonly bundle: Uint8Array;
  readonly requestId: string;
}

/**
 * Takes the attestation of a run: the recipe of flow 1. Nothing the client says is believed.
 *
 * Unauthenticated, malformed or for another run: throws, naming the step; only an audit row stays.
 * Signed by somebody we know but not conforming: kept, logged, judged FAILED, with its findings in the VSA.
 *
 * Every step can be repeated, and the commit comes last: a crash anywhere leaves log entries and blobs that the
 * retry finds again by digest, and a row is never without them. A retry (same run, same payload) gets the receipt
 * of the first time.
 */
export async function accept(deps: AttestationDeps, input: AcceptInput): Promise<Receipt> {
  const { principal } = input;
  const { run, contract, earlier, pushed } = await loadForAccept(deps, principal, input.runId);
  const refusal = auditRefusal(deps, run, input);
  const { project, workflow } = run;
  await refusal.during('authorize', () => authorize(principal, 'attest', { project, workflow }));

  const examined = await refusal.during('parse', () =>
    deps.examiner.examine(input.bundle, deps.trust.trustedRoot()),
  );
  if (earlier?.payloadDigest === examined.evidence.payloadDigest) return earlier.receipt;
  await refusal.during('run', () => requireOpen(run));
  const signed = await refusal.during('signer', () => verifySigner(deps, run.orgId, examined));
  await refusal.during('bind', () => bind(run, principal.orgName, signed.predicate));

  const subjects = judgedSubjects(contract, signed);
  const { issuerUrl } = deps.trust;
  const build = gradeBuild({ contract, signed, pushed, issuerUrl });
  const claims = checkClaims({ signed, certified: certified(signed, issuerUrl), started: run.build, pushed });
  const { findings, policies } = await judge(deps, { run, contract, signed, subjects, build, principal });
  return record(deps, {
    run,
    contract,
    signed,
    subjects,
    findings: withoutFlood([...claims, ...findings]),
    policies,
    build,
    input,
  });
}

/** A verdict is read by people and kept for good: whoever states nonsense ten thousand times is told so once. */
const MAX_FINDINGS = 500;

function withoutFlood(findings: readonly Finding[]): readonly Finding[] {
  const left = findings.length - MAX_FINDINGS;
  if (left <= 0) return findings;
  const message = `${left} further findings are left out`;
  return [...findings.slice(0, MAX_FINDINGS), { step: 'contract', code: 'findings_left_out', message }];
}

/** Steps signer, materials, contract, policies: everything that is wrong, not only the first thing. */
async function judge(
  deps: AttestationDeps,
  given: {
    readonly run: RunRow;
    readonly contract: Contract;
    readonly signed: SignedEvidence;
    readonly subjects: readonly Subject[];
    readonly build: GradedBuild;
    readonly principal: Principal;
  },
): Promise<PoliciesAnswer> {
  const { run, contract, signed, subjects, build, principal } = given;
  const { orgName } = principal;
  const place = { orgId: run.orgId, repository: runRepository(orgName, run) };
  const signer = checkSigner({
    contract,
    signer: signed.signer,
    run,
    orgName,
    issuerUrl: deps.trust.issuerUrl,
  });
  const materials = await traced(deps, 'materials', () =>
    checkMaterials(
      { ...deps.registry, examiner: deps.examiner, reads: deps.reads, documents: deps.documents },
      {
        ...place,
        contract,
        predicate: signed.predicate,
        registryHost: new URL(deps.publicUrl).host,
        mayPull: (repository) => allowedActions(principal, repository).includes('pull'),
      },
    ),
  );
  const conformance = checkConformance(contract, signed, {
    verifiedRunner: provesRunner(contract, build),
    buildLevel: build.level,
    startedAt: run.startedAt,
    judgedAt: deps.clock(),
  });
  const { findings, policies } = await traced(deps, 'policies', () =>
    checkPolicies(
      { ...deps.registry, judge: deps.judge },
      { ...place, contract, signed, subjects, now: deps.clock() },
    ),
  );
  return { findings: [...signer, ...materials, ...conformance, ...findings], policies };
}

/** Steps verdict, provenance, log (`signEvidence`), commit (which attaches the evidence). */
async function record(
  deps: AttestationDeps,
  given: {
    readonly run: RunRow;
    readonly contract: Contract;
    readonly signed: SignedEvidence;
    readonly subjects: readonly Subject[];
    readonly findings: readonly Finding[];
    readonly policies: readonly PolicyJudgement[];
    readonly build: GradedBuild;
    readonly input: AcceptInput;
  },
): Promise<Receipt> {
  const { input, ...judged } = given;
  const { run, signed, subjects, findings, policies, build } = judged;
  const { orgName } = input.principal;
  const { verdict, attestation, vsa, provenance } = await signEvidence(deps, judged);

  const receipt: ReceiptToCommit = {
    runId: run.id,
    result: verdict.result,
    findings: [...findings],
    policies: [...policies],
    signer: signed.signer,
    attestation: documentOf(attestation),
    vsa: documentOf(vsa),
    build: presentGrade(deps, build),
    ...(provenance === null ? {} : { provenance: documentOf(provenance) }),
    subjects: digestsOf(subjects),
    verifiedAt: verdict.verifiedAt.toISOString(),
  };
  const place = {
    orgId: run.orgId,
    orgName,
    repository: runRepository(orgName, run),
    runId: run.id,
    materials: signed.predicate.materials,
    attestation: attestation.stored,
    verdict: vsa.stored,
    provenance: provenance?.stored ?? null,
    registryHost: new URL(deps.publicUrl).host,
    mayPush: (repository: string) => allowedActions(input.principal, repository).includes('push'),
    at: verdict.verifiedAt,
  };
  const { principal, requestId } = input;
  return traced(deps, 'commit', () =>
    commitReceipt(deps, run, { principal, requestId, receipt, evidence: place }),
  );
}

function digestsOf(subjects: readonly Subject[]): { name: string; digest: Digest }[] {
  return subjects.flatMap(({ name, digest }) =>
    digest.sha256 === undefined ? [] : [{ name, digest: `sha256:${digest.sha256}` as Digest }],
  );
}
