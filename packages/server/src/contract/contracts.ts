import type { Tx } from '../ground/index.ts';
import { authorize, type Principal, targetOf } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { requireContract, requireRevision } from './find.ts';
import {
  type ContractSummaryRow,
  type FullRevision,
  listContractRows,
  listRevisionRows,
  listWorkflowRows,
  type RevisionRow,
} from './queries.ts';

export interface DescribedContract extends FullRevision {
  readonly name: string;
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
    const rows = await listContractRows(tx);
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
    if (visible !== 'all' && !visible.has(input.name)) {
      throw contractError(
        'contract_not_found',
        `no workflow in the scope of token "${principal.tokenName}" owes a contract of this name`,
      );
    }
    const contract = await requireContract(tx, input.name, { suggest: visible === 'all' });
    const revision = await requireRevision(tx, contract, input.revision ?? contract.latestRevision);
    return { name: contract.name, ...revision, revisions: await listRevisionRows(tx, contract.id) };
  });
}

async function visibleContracts(tx: Tx, principal: Principal): Promise<'all' | ReadonlySet<string>> {
  if (principal.scope.type === 'organization') return 'all';
  const { project, workflow } = targetOf(principal.scope) ?? {};
  const workflows = await listWorkflowRows(tx, {
    projects: project === undefined ? [] : [project],
    workflow,
  });
  return new Set(workflows.map((row) => row.contract));
}
