import type { Tx } from '../ground/index.ts';
import { contractError } from './errors.ts';
import { requireContract, requireRevision, requireWorkflow } from './find.ts';
import { isName } from './name.ts';
import { type FullRevision, findRevisionByName, type WorkflowRow } from './queries.ts';

/** A revision with the name of its contract. */
export interface ContractRevision extends FullRevision {
  readonly name: string;
}

/**
 * What a run of this workflow owes: the pinned revision, else `revision`, else the newest. A pinned workflow takes no
 * other one. Authorisation is the caller's. Throws `contract_workflow_not_found`, `contract_revision_not_found`,
 * `contract_revision_pinned`.
 */
export async function resolveForRun(
  tx: Tx,
  input: { readonly project: string; readonly workflow: string; readonly revision?: number | undefined },
): Promise<{ readonly workflow: WorkflowRow; readonly contract: ContractRevision }> {
  const workflow = await requireWorkflow(
    tx,
    { project: input.project, name: input.workflow },
    { suggest: false },
  );
  const pinned = workflow.contractRevision;
  if (pinned !== null && input.revision !== undefined && input.revision !== pinned) {
    throw contractError(
      'contract_revision_pinned',
      `the workflow ${workflow.project}/${workflow.name} is pinned to revision ${pinned} of its contract, found ${input.revision}: leave the revision out`,
    );
  }
  const wanted = pinned ?? input.revision;
  return { workflow, contract: await findRevision(tx, { name: workflow.contract, revision: wanted }) };
}

/** A revision by contract name, the newest unless told; what a run recorded at its start. Throws as above. */
export async function findRevision(
  tx: Tx,
  input: { readonly name: string; readonly revision?: number | undefined },
): Promise<ContractRevision> {
  const found = isName(input.name) ? await findRevisionByName(tx, input.name, input.revision) : undefined;
  if (found !== undefined) return { name: input.name, ...found };
  // Says which of the two is missing.
  const contract = await requireContract(tx, input.name, { suggest: false });
  const revision = await requireRevision(tx, contract, input.revision ?? contract.latestRevision);
  return { name: contract.name, ...revision };
}
