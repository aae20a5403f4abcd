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
import {
  findRevisionRow,
  insertRevision,
  lockContract,
  type RevisionRow,
  setArchived,
} from './queries/contracts.ts';

export interface ApplyContractInput {
  /** As written: YAML or JSON, v1 or v2. */
  readonly document: string;
  /** Needed for v1 documents; must agree with the name inside a v2 one. */
  readonly name?: string | undefined;
  /** Unknown keys are errors. */
  readonly strict?: boolean | undefined;
  readonly filename?: string | undefined;
  /** From when it is in force; at once unless told. */
  readonly activatesAt?: Date | undefined;
  readonly requestId?: string | undefined;
}

export interface AppliedRevision {
  readonly name: string;
  readonly revision: number;
  readonly digest: Digest;
  /** Null: in force at once. */
  readonly activatesAt: Date | null;
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

function remarksOn(contract: Contract): readonly DocumentFinding[] {
  return hasForeignPolicies(contract) ? [UNEVALUATED] : [];
}

/**
 * Creates the contract or its next revision; the same document twice is one revision. A revision with a date waits for
 * it while the one before goes on; applying anything else meanwhile takes its place.
 * Throws `contract_invalid` with every finding, `contract_name_missing`, `contract_name_mismatch`,
 * `contract_name_invalid`, `contract_activation_invalid`, `identity_forbidden`.
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

type Written = Pick<AppliedRevision, 'revision' | 'activatesAt' | 'changed'>;

async function write(tx: Tx, writing: Writing): Promise<Written> {
  const { principal, contract, name, input } = writing;
  const { orgId } = principal;
  const now = writing.deps.clock();
  const row = await lockContract(tx, { orgId, name, now });
  const latest = await findRevisionRow(tx, row.id, row.latestRevision);
  const activatesAt = input.activatesAt ?? null;
  const isKept = row.archivedAt === null && latest?.digest === contract.digest;
  if (isKept && isSamePlan(latest, activatesAt, now)) {
    return { revision: latest.revision, activatesAt: latest.activatesAt, changed: false };
  }
  requireFuture(activatesAt, now);
  if (row.archivedAt !== null) await setArchived(tx, row.id, null);
  const revision = row.latestRevision + 1;
  await insertRevision(tx, {
    orgId,
    contractId: row.id,
    revision,
    digest: contract.digest,
    document: input.document,
    contract,
    createdAt: now,
    createdBy: actorOf(principal),
    activatesAt,
  });
  await record(tx, writing, { revision, activatesAt });
  return { revision, activatesAt, changed: true };
}

/** A revision in force stays so, whatever date it is given; one that waits has the date that it was given. */
function isSamePlan({ activatesAt }: RevisionRow, wanted: Date | null, now: Date): boolean {
  if (activatesAt === null || activatesAt <= now) return true;
  return activatesAt.getTime() === wanted?.getTime();
}

const MAX_AHEAD_MS = 3660 * 86_400_000;

function requireFuture(activatesAt: Date | null, now: Date): void {
  if (activatesAt === null) return;
  const aheadMs = activatesAt.getTime() - now.getTime();
  if (aheadMs > 0 && aheadMs <= MAX_AHEAD_MS) return;
  // A leap second is a time that no Date holds.
  const found = Number.isNaN(aheadMs) ? 'none that this server can keep' : activatesAt.toISOString();
  throw contractError(
    'contract_activation_invalid',
    `activatesAt: expected a time in the next ten years, found ${found}; it is ${now.toISOString()} here, and without a date a revision is in force at once`,
  );
}

async function record(
  tx: Tx,
  { principal, input, name, contract }: Writing,
  { revision, activatesAt }: Pick<Written, 'revision' | 'activatesAt'>,
): Promise<void> {
  const { orgId } = principal;
  const planned = activatesAt === null ? {} : { activatesAt: activatesAt.toISOString() };
  await writeAudit(tx, {
    orgId,
    actor: actorOf(principal),
    action: 'contract.apply',
    target: `contract:${name}`,
    outcome: 'ok',
    detail: { revision, digest: contract.digest, ...planned },
    ...(input.requestId === undefined ? {} : { requestId: input.requestId }),
  });
  await emitApplied(tx, { orgId, contract: name, revision, digest: contract.digest, ...planned });
}
