import type { Tx } from '../ground/index.ts';
import { authorize, type Principal, targetOf } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { findByNameOrId, requireContract, requireRevision } from './find.ts';
import {
  type ContractSummaryRow,
  type FullRevision,
  findInForce,
  listContractRows,
  listRevisionRows,
  type RevisionRow,
} from './queries/contracts.ts';
import { listWorkflowRows } from './queries/workflows.ts';

export interface DescribedContract extends FullRevision {
  readonly id: string;
  readonly name: string;
  /** Number of the revision in force; null before the first one is. */
  readonly inForce: number | null;
  readonly archivedAt: Date | null;
  /** All revisions, newest first. */
  readonly revisions: readonly RevisionRow[];
}

/** The organisation's contracts by name; to a narrower token only those that workflows of its scope owe. */
export async function listContracts(
  deps: ContractDeps,
  principal: Principal,
): Promise<readonly ContractSummaryRow[]> {
  authorize(principal, 'read', targetOf(principal.scope));
  return deps.db.withOrg(principal.orgId, async (tx) => {
    const rows = await listContractRows(tx, deps.clock());
    const visible = await visibleContracts(tx, principal);
    return visible === 'all' ? rows : rows.filter((row) => visible.has(row.name));
  });
}

/** One revision, the newest unless told. Throws `contract_not_found`, `contract_revision_not_found`, `identity_forbidden`. */
export async function describeContract(
  deps: ContractDeps,
  principal: Principal,
  input: { readonly name: string; readonly revision?: number | undefined },
): Promise<DescribedContract> {
  authorize(principal, 'read', targetOf(principal.scope));
  return deps.db.withOrg(principal.orgId, async (tx) => {
    const visible = await visibleContracts(tx, principal);
    const contract =
      visible === 'all'
        ? await requireContract(tx, input.name, { suggest: true })
        : await findByNameOrId(tx, input.name);
    // To a narrower token one that is not there and one of others are the same.
    if (contract === undefined || (visible !== 'all' && !visible.has(contract.name)))
      throw outOfScope(principal);
    const { id, name, archivedAt } = contract;
    const revision = await requireRevision(tx, contract, input.revision ?? contract.latestRevision);
    const [revisions, inForce] = await Promise.all([
      listRevisionRows(tx, id),
      findInForce(tx, id, deps.clock()),
    ]);
    return { ...revision, id, name, archivedAt, revisions, inForce };
  });
}

function outOfScope({ tokenName }: Principal): Error {
  return contractError(
    'contract_not_found',
    `no workflow in the scope of token "${tokenName}" owes a contract of this name`,
  );
}

async function visibleContracts(tx: Tx, principal: Principal): Promise<'all' | ReadonlySet<string>> {
  if (principal.scope.type === 'organization') return 'all';
  const { project, workflow } = targetOf(principal.scope) ?? {};
  const workflows = await listWorkflowRows(tx, {
    projects: project === undefined ? [] : [{ by: 'name', value: project }],
    workflow,
  });
  return new Set(workflows.map((row) => row.contract));
}
