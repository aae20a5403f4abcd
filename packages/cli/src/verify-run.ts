import type { Receipt, RunDetail, ServerInfo } from '@waybill/api';
import { parseBundle } from '@waybill/core/bundle';
import { utf8 } from '@waybill/core/bytes';
import { type ContractSigner, signerMatches } from '@waybill/core/contract';
import { digestOf, hexOf } from '@waybill/core/digest';
import {
  parseRunPredicate,
  parseVsaPredicate,
  RUN_PREDICATE_TYPE,
  type RunPredicate,
  type Statement,
  VSA_PREDICATE_TYPE,
  type VsaPredicate,
} from '@waybill/core/intoto';
import type { TrustedRoot } from '@waybill/core/trust';
import {
  type Expectations,
  type Signer,
  type Verified,
  type VerifiedStatement,
  verifyStatementBundle,
} from '@waybill/core/verify';
import { cliError } from './exit.ts';
import { judgedPolicies } from './verdict-fields.ts';

/** Everything that a run left behind, as downloaded: none of it is believed. */
export interface RunEvidence {
  readonly run: RunDetail;
  readonly bundle: string;
  readonly verdict: string;
  readonly trustedRoot: TrustedRoot;
  readonly server: ServerInfo;
  /** Who must have signed the attestation. */
  readonly expectations: Expectations;
  /** Of these one must have signed; empty when `expectations` says it all. */
  readonly signers: readonly ContractSigner[];
  /** Now. */
  readonly now: Date;
}

export interface VerifiedRun {
  readonly result: 'PASSED' | 'FAILED';
  readonly attestation: VerifiedStatement;
  readonly verdict: VerifiedStatement;
  /** What the signed verdict says: not what the server shows beside it. */
  readonly levels: readonly string[];
  readonly policies: ReturnType<typeof judgedPolicies>;
}

/**
 * Proves that the attestation was signed by an allowed signer and logged, that it is of this run, and that the
 * server's verdict is signed by the server, logged, and about this attestation. Throws `not_verified`, `verify_…`.
 */
export function verifyRun(evidence: RunEvidence): VerifiedRun {
  const { run, trustedRoot, now, server } = evidence;
  const attestation = verifyStatementBundle(parseBundle(evidence.bundle), {
    trustedRoot,
    now,
    expectations: evidence.expectations,
  });
  checkSigner(attestation.statement.signer, evidence.signers);
  checkRun(statementPredicate(attestation.statement), run);
  const verdict = verifyStatementBundle(parseBundle(evidence.verdict), {
    trustedRoot,
    now,
    expectations: { type: 'identity', issuer: server.issuer, subject: server.verifier },
  });
  const vsa = vsaOf(verdict.statement);
  checkVerdict(vsa, { evidence, about: verdict.statement.value, attested: attestation.statement.value });
  return {
    result: vsa.verificationResult,
    attestation,
    verdict,
    levels: vsa.verifiedLevels,
    policies: judgedPolicies(verdict.statement.value.predicate),
  };
}

function checkSigner(signer: Signer, allowed: readonly ContractSigner[]): void {
  if (allowed.length === 0 || signer.type === 'key') return;
  if (allowed.some((one) => signerMatches(one, signer))) return;
  throw cliError(
    'not_verified',
    `the attestation is signed by ${signer.subject} (issuer ${signer.issuer}), whom the contract does not name`,
  );
}

function statementPredicate(statement: Verified<Statement>): RunPredicate {
  const { predicateType, predicate } = statement.value;
  if (predicateType === RUN_PREDICATE_TYPE) return parseRunPredicate(predicate);
  throw cliError(
    'not_verified',
    `the attestation has the predicate type ${predicateType}, expected ${RUN_PREDICATE_TYPE}`,
  );
}

function checkRun({ run: stated, contract }: RunPredicate, run: RunDetail): void {
  const pairs: readonly (readonly [string, string | number, string | number])[] = [
    ['run', run.id, stated.id],
    ['organization', run.organization, stated.organization],
    ['project', run.project, stated.project],
    ['workflow', run.workflow, stated.workflow],
    ['contract', run.contract.name, contract.name],
    ['contract revision', run.contract.revision, contract.revision],
    ['contract digest', run.contract.digest, contract.digest],
  ];
  for (const [what, expected, found] of pairs) {
    if (expected !== found) {
      throw cliError(
        'not_verified',
        `the attestation is of another ${what}: expected ${expected}, found ${found}`,
      );
    }
  }
}

function vsaOf(statement: Verified<Statement>): VsaPredicate {
  const { predicateType, predicate } = statement.value;
  if (predicateType === VSA_PREDICATE_TYPE) return parseVsaPredicate(predicate);
  throw cliError(
    'not_verified',
    `the verdict has the predicate type ${predicateType}, expected ${VSA_PREDICATE_TYPE}`,
  );
}

function checkVerdict(
  vsa: VsaPredicate,
  given: { readonly evidence: RunEvidence; readonly about: Statement; readonly attested: Statement },
): void {
  const { evidence, about, attested } = given;
  const digest = hexOf(digestOf(utf8(evidence.bundle)));
  if (!vsa.inputAttestations.some((input) => input.digest?.['sha256'] === digest)) {
    throw cliError('not_verified', `the verdict is about another attestation than sha256:${digest}`);
  }
  if (vsa.verifier.id !== evidence.server.verifier) {
    throw cliError(
      'not_verified',
      `the verdict names ${vsa.verifier.id} as verifier, expected ${evidence.server.verifier}`,
    );
  }
  if (JSON.stringify(about.subject) !== JSON.stringify(attested.subject)) {
    throw cliError('not_verified', 'the verdict is about other subjects than the attestation');
  }
  const { receipt, contract } = evidence.run;
  if (vsa.policy.digest?.['sha256'] !== hexOf(contract.digest as `sha256:${string}`)) {
    throw cliError('not_verified', `the verdict was taken under another contract than ${contract.digest}`);
  }
  checkReceipt(receipt, vsa);
}

function checkReceipt(receipt: Receipt | null, vsa: VsaPredicate): void {
  if (receipt && receipt.result !== vsa.verificationResult) {
    throw cliError(
      'not_verified',
      `the server shows ${receipt.result}, and its signed verdict says ${vsa.verificationResult}`,
    );
  }
}
