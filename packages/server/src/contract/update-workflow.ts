import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, authorize, type Principal } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { emitWorkflowUpdated } from './events.ts';
import { requireRevision, requireUsable, requireVisibleWorkflow } from './find.ts';
import { parseText } from './name.ts';
import type { ContractRow } from './queries/contracts.ts';
import {
  updateWorkflowRow,
  type WorkflowChange,
  type WorkflowKey,
  type WorkflowRow,
} from './queries/workflows.ts';
import { describeWorkflow, type ListedWorkflow } from './workflows.ts';

/** What is left out stays as it is. */
export interface UpdateWorkflowInput {
  readonly key: WorkflowKey;
  /** By name or id; takes the pin away unless one is given. */
  readonly contract?: string | undefined;
  /** Null: each run takes the one in force. */
  readonly contractRevision?: number | null | undefined;
  readonly description?: string | undefined;
  readonly team?: string | undefined;
  readonly requestId?: string | undefined;
}

/**
 * Changes a workflow; what a run owes that has begun already stays what it is. A pin is set, changed and taken away by
 * those who write contracts. Throws `contract_workflow_not_found`, `contract_workflow_deleted`, `contract_not_found`,
 * `contract_revision_not_found`, `contract_text_invalid`, `identity_forbidden`.
 */
export async function updateWorkflow(
  deps: ContractDeps,
  principal: Principal,
  input: UpdateWorkflowInput,
): Promise<ListedWorkflow> {
  const { key } = input;
  await deps.db.withOrg(principal.orgId, async (tx) => {
    const options = { key, action: 'write-workflow', lock: 'change' } as const;
    const old = await requireVisibleWorkflow(tx, principal, options);
    if (old.archivedAt !== null) throw deleted(old);
    const contract = await contractOf(tx, principal, { old, input });
    const change: WorkflowChange = {
      contractId: contract.id,
      pinnedRevision: pinOf(old, contract, input),
      description: parseText(input.description ?? old.description, 'description'),
      team: parseText(input.team ?? old.team, 'team'),
      archivedAt: null,
    };
    if (change.pinnedRevision !== old.contractRevision) authorize(principal, 'write-contract');
    if (change.pinnedRevision !== null) await requireRevision(tx, contract, change.pinnedRevision);
    const detail = differences(old, { ...change, contract: contract.name });
    if (Object.keys(detail).length === 0) return;
    await updateWorkflowRow(tx, old.id, change);
    await record(tx, principal, { old, detail, requestId: input.requestId });
  });
  return describeWorkflow(deps, principal, key);
}

function deleted({ project, name }: WorkflowRow): Error {
  return contractError(
    'contract_workflow_deleted',
    `the workflow ${project}/${name} was deleted: waybill workflow create brings it back`,
  );
}

function contractOf(
  tx: Tx,
  principal: Principal,
  { old, input }: { readonly old: WorkflowRow; readonly input: UpdateWorkflowInput },
): Promise<ContractRow> {
  const suggest = principal.scope.type === 'organization';
  return requireUsable(tx, input.contract ?? old.contractId, { suggest, lock: 'use' });
}

/** A pin is a revision of one contract: another contract has none of that meaning. */
function pinOf(
  old: WorkflowRow,
  contract: ContractRow,
  { contractRevision }: UpdateWorkflowInput,
): number | null {
  if (contractRevision !== undefined) return contractRevision;
  return contract.id === old.contractId ? old.contractRevision : null;
}

function differences(
  old: WorkflowRow,
  now: WorkflowChange & { readonly contract: string },
): Readonly<Record<string, string | number | null>> {
  return {
    ...(now.contract === old.contract ? {} : { contract: now.contract, contractBefore: old.contract }),
    ...(now.pinnedRevision === old.contractRevision
      ? {}
      : { contractRevision: now.pinnedRevision, contractRevisionBefore: old.contractRevision }),
    ...(now.description === old.description ? {} : { description: now.description }),
    ...(now.team === old.team ? {} : { team: now.team }),
  };
}

async function record(
  tx: Tx,
  principal: Principal,
  changed: {
    readonly old: WorkflowRow;
    readonly detail: Readonly<Record<string, string | number | null>>;
    readonly requestId: string | undefined;
  },
): Promise<void> {
  const { old, detail, requestId } = changed;
  const { orgId } = principal;
  await writeAudit(tx, {
    orgId,
    actor: actorOf(principal),
    action: 'contract.update-workflow',
    target: `workflow:${old.project}/${old.name}`,
    outcome: 'ok',
    detail,
    ...(requestId === undefined ? {} : { requestId }),
  });
  await emitWorkflowUpdated(tx, { orgId, workflowId: old.id });
}
