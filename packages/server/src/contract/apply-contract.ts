import { quoted } from '@waybill/core/bytes';
import {
  type Contract,
  type DocumentFinding,
  hasForeignPolicies,
  parseContract,
} from '@waybill/core/contract';
import type { Digest } from '@waybill/core/digest';
import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, authorize, type Principal } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { emitApplied } from './events.ts';
import { parseName } from './name.ts';
import { findRevisionRow, insertRevision, lockContract } from './queries.ts';

export interface ApplyContractInput {
  /** As written: YAML or JSON, v1 or v2. */
  readonly document: string;
  /** Needed for v1 documents; must agree with the name inside a v2 one. */
  readonly name?: string | undefined;
  /** Unknown keys are errors. */
  readonly strict?: boolean | undefined;
  readonly filename?: string | undefined;
  readonly requestId?: string | undefined;
}

export interface AppliedRevision {
  readonly name: string;
  readonly revision: number;
  readonly digest: Digest;
  /** False when the newest revision was this document already; then nothing is written. */
  readonly changed: boolean;
  readonly warnings: readonly DocumentFinding[];
}

const UNEVALUATED: DocumentFinding = {
  line: 1,
  column: 1,
  path: 'policies',
  message:
    'this server evaluates policies that are written into the contract: one by reference, and groups, are undetermined, which ends runs FAILED where they block',
};

/** What the server cannot prove yet fails a run that owes it, which nobody should learn from a failed release. */
const UNPROVEN: DocumentFinding = {
  line: 1,
  column: 1,
  path: 'assurance',
  message:
    'this server proves neither runners nor SLSA levels yet: runs under "runner: VERIFIED" or "slsaLevel" end FAILED',
};

function remarksOn(contract: Contract): readonly DocumentFinding[] {
  const { verifiedRunner = false, minimumBuildLevel = 0 } = contract.assurance ?? {};
  return [
    ...(hasForeignPolicies(contract) ? [UNEVALUATED] : []),
    ...(verifiedRunner || minimumBuildLevel > 0 ? [UNPROVEN] : []),
  ];
}

/**
 * Creates the contract or its next revision; the same document twice is one revision.
 * Throws `contract_invalid` with every finding, `contract_name_missing`, `contract_name_mismatch`,
 * `contract_name_invalid`, `identity_forbidden`.
 */
export async function applyContract(
  deps: ContractDeps,
  principal: Principal,
  input: ApplyContractInput,
): Promise<AppliedRevision> {
  authorize(principal, 'write-contract');
  const { contract, warnings } = parseContract(input.document, {
    strict: input.strict === true,
    ...(input.filename === undefined ? {} : { filename: input.filename }),
  });
  const name = nameOf(contract, input.name);
  const written = await deps.db.withOrg(principal.orgId, (tx) =>
    write(tx, { deps, principal, input, contract, name }),
  );
  return { name, digest: contract.digest, warnings: [...warnings, ...remarksOn(contract)], ...written };
}

function nameOf(contract: Contract, given: string | undefined): string {
  if (contract.name !== null && given !== undefined && contract.name !== given) {
    throw contractError(
      'contract_name_mismatch',
      `the document names the contract ${quoted(contract.name)}, the request ${quoted(given)}: leave the name out of the request, or make both the same`,
    );
  }
  const name = contract.name ?? given;
  if (name === undefined) {
    throw contractError(
      'contract_name_missing',
      'a v1 document carries no name: give one beside it, or write metadata.name in a v2 document',
    );
  }
  return parseName(name, 'contract name');
}

interface Writing {
  readonly deps: ContractDeps;
  readonly principal: Principal;
  readonly input: ApplyContractInput;
  readonly contract: Contract;
  readonly name: string;
}

async function write(
  tx: Tx,
  writing: Writing,
): Promise<{ readonly revision: number; readonly changed: boolean }> {
  const { principal, contract, name } = writing;
  const { orgId } = principal;
  const now = writing.deps.clock();
  const row = await lockContract(tx, { orgId, name, now });
  const latest = await findRevisionRow(tx, row.id, row.latestRevision);
  if (latest?.digest === contract.digest) return { revision: latest.revision, changed: false };
  const revision = row.latestRevision + 1;
  await insertRevision(tx, {
    orgId,
    contractId: row.id,
    revision,
    digest: contract.digest,
    document: writing.input.document,
    contract,
    createdAt: now,
    createdBy: actorOf(principal),
  });
  await writeAudit(tx, {
    orgId,
    actor: actorOf(principal),
    action: 'contract.apply',
    target: `contract:${name}`,
    outcome: 'ok',
    detail: { revision, digest: contract.digest },
    ...(writing.input.requestId === undefined ? {} : { requestId: writing.input.requestId }),
  });
  await emitApplied(tx, { orgId, contract: name, revision, digest: contract.digest });
  return { revision, changed: true };
}
