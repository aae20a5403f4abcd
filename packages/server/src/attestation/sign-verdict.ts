import type { Finding, PolicyJudgement } from '@waybill/api';
import { type Bundle, formatBundle } from '@waybill/core/bundle';
import type { Json } from '@waybill/core/bytes';
import { type Contract, verdictExpiry } from '@waybill/core/contract';
import { type Digest, digestOf, hexOf } from '@waybill/core/digest';
import {
  formatStatement,
  formatVsaPredicate,
  STATEMENT_TYPE_V1,
  type Statement,
  type Subject,
  VSA_PREDICATE_TYPE,
} from '@waybill/core/intoto';
import type { ServerSigned } from '../trust/index.ts';
import { contractUri, runUri } from './addresses.ts';
import type { AttestationDeps } from './deps.ts';
import type { GradedBuild } from './grade-build.ts';
import type { RunRow } from './queries.ts';
import type { SignedEvidence } from './verify-signer.ts';

export interface Verdict {
  readonly result: 'PASSED' | 'FAILED';
  readonly findings: readonly Finding[];
  readonly verifiedAt: Date;
  readonly statement: Statement;
  readonly payloadDigest: Digest;
  /** By the server, not logged yet. */
  readonly signed: ServerSigned;
}

/**
 * Our own word and the level of SLSA's build track that the proven facts allow; SLSA's word for a verdict that is
 * negative (VSA v1 "verifiedLevels"). The provenance that level 1 asks for is signed with each verdict that is PASSED.
 */
function levelsOf(result: Verdict['result'], { level }: GradedBuild): readonly string[] {
  return result === 'FAILED' ? ['FAILED'] : ['WAYBILL_CONTRACT_VERIFIED', `SLSA_BUILD_LEVEL_${level}`];
}

/**
 * Step `verdict`: what the server itself found, as a SLSA verification summary about the attestation's subjects,
 * signed by the server's own identity. Extension fields are named `waybill_…` as SLSA asks.
 */
export async function signVerdict(
  deps: AttestationDeps,
  run: RunRow,
  given: {
    readonly contract: Contract;
    readonly evidence: SignedEvidence;
    /** Of the attestation's bundle as stored, with its log entry. */
    readonly bundleDigest: Digest;
    /** What is judged: the attestation's subjects, or those of them that the contract names. */
    readonly subjects: readonly Subject[];
    readonly findings: readonly Finding[];
    readonly policies: readonly PolicyJudgement[];
    readonly build: GradedBuild;
  },
): Promise<Verdict> {
  const { contract, evidence, bundleDigest, subjects, findings, policies, build } = given;
  const result = findings.every(({ advisory }) => advisory === true) ? 'PASSED' : 'FAILED';
  const verifiedAt = deps.clock();
  const predicate = formatVsaPredicate({
    verifier: { id: deps.trust.serverIdentity, version: { waybill: deps.version } },
    timeVerified: verifiedAt.toISOString(),
    resourceUri: runUri(deps, evidence.predicate.run.organization, run),
    policy: { uri: contractUri(deps, run.contract), digest: { sha256: hexOf(run.contract.digest) } },
    inputAttestations: [
      { uri: `${deps.publicUrl}/waybill/v1/runs/${run.id}/bundle`, digest: { sha256: hexOf(bundleDigest) } },
    ],
    verificationResult: result,
    verifiedLevels: levelsOf(result, build),
    slsaVersion: '1.2',
  });
  const statement: Statement = {
    type: STATEMENT_TYPE_V1,
    subject: subjects,
    predicateType: VSA_PREDICATE_TYPE,
    predicate: {
      ...(predicate as Readonly<Record<string, Json>>),
      ...ownFields(run, { evidence, findings, policies }),
      ...expiryField(verdictExpiry(contract, verifiedAt)),
    },
  };
  const payload = formatStatement(statement);
  return {
    result,
    findings,
    verifiedAt,
    statement,
    payloadDigest: digestOf(payload),
    signed: await deps.trust.signAsServer(payload),
  };
}

function ownFields(
  run: RunRow,
  {
    evidence,
    findings,
    policies,
  }: {
    readonly evidence: SignedEvidence;
    readonly findings: readonly Finding[];
    readonly policies: readonly PolicyJudgement[];
  },
): Readonly<Record<string, Json>> {
  const { name, revision } = run.contract;
  return {
    waybill_run: run.id,
    waybill_contract: { name, revision },
    waybill_signer: { ...evidence.signer },
    waybill_findings: findings.map((finding) => ({ ...finding })),
    waybill_policies: policies.map((judgement) => ({ ...judgement })),
  };
}

/** Signed with the rest, so that whoever reads the verdict elsewhere can keep to it as the gate does. */
function expiryField(validUntil: Date | null): Readonly<Record<string, Json>> {
  return validUntil === null ? {} : { waybill_valid_until: validUntil.toISOString() };
}

export interface StoredForm {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** The bundle as it is stored and served; its digest is its name everywhere. */
export function storedForm(bundle: Bundle): StoredForm {
  const bytes = Buffer.from(formatBundle(bundle));
  return { bytes, digest: digestOf(bytes) };
}
