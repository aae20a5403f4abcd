import type { Tx } from '../ground/index.ts';
import { contractError } from './errors.ts';
import { requireContract, requireRevision, requireWorkflow } from './find.ts';
import { isName } from './name.ts';
import { type FullRevision, findInForce, findRevisionByName, listRevisionRows } from './queries/contracts.ts';
import type { WorkflowRow } from './queries/workflows.ts';

/** A revision with the name of its contract. */
export interface ContractRevision extends FullRevision {
  readonly name: string;
}

export interface ResolvedRun {
  readonly workflow: WorkflowRow;
  readonly contract: ContractRevision;
  /** False: the caller has chosen another one, and that is a matter for those who write contracts. */
  readonly isOwed: boolean;
}

/**
 * What a run of this workflow owes at `at`: the pinned revision, else `revision`, else the one in force. A pinned
 * workflow takes no other one. Authorisation is the caller's. Throws `contract_workflow_not_found`,
 * `contract_revision_not_found`, `contract_revision_pinned`, `contract_not_in_force`.
 */
export async function resolveForRun(
  tx: Tx,
  input: {
    readonly project: string;
    readonly workflow: string;
    readonly revision?: number | undefined;
    readonly at: Date;
  },
): Promise<ResolvedRun> {
  const workflow = await requireWorkflow(
    tx,
    { project: input.project, name: input.workflow },
    { suggest: false, lock: 'use' },
  );
  const pinned = workflow.contractRevision;
  if (pinned !== null && input.revision !== undefined && input.revision !== pinned) {
    throw contractError(
      'contract_revision_pinned',
      `the workflow ${workflow.project}/${workflow.name} is pinned to revision ${pinned} of its contract, found ${input.revision}: leave the revision out`,
    );
  }
  const owed = pinned ?? (await findInForce(tx, workflow.contractId, input.at));
  const wanted = input.revision ?? owed;
  if (wanted === null) throw await notInForce(tx, workflow);
  const contract = await findRevision(tx, { name: workflow.contract, revision: wanted });
  return { workflow, contract, isOwed: wanted === owed };
}

async function notInForce(tx: Tx, { contract, contractId }: WorkflowRow): Promise<Error> {
  const [newest] = await listRevisionRows(tx, contractId);
  return contractError(
    'contract_not_in_force',
    `the contract ${contract} has no revision in force before ${newest?.activatesAt?.toISOString()}: wait, or apply it without a date`,
  );
}

/** What a run recorded at its start. Throws `contract_not_found`, `contract_revision_not_found`. */
export async function findRevision(
  tx: Tx,
  input: { readonly name: string; readonly revision: number },
): Promise<ContractRevision> {
  const found = isName(input.name) ? await findRevisionByName(tx, input.name, input.revision) : undefined;
  if (found !== undefined) return { name: input.name, ...found };
  // Says which of the two is missing.
  const contract = await requireContract(tx, input.name, { suggest: false });
  return { name: contract.name, ...(await requireRevision(tx, contract, input.revision)) };
}
