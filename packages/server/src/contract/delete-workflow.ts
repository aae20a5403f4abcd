import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, findWaysInto, type Principal } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { emitWorkflowDeleted } from './events.ts';
import { requireVisibleWorkflow } from './find.ts';
import {
  removeWorkflowRow,
  updateWorkflowRow,
  type WorkflowKey,
  type WorkflowRow,
} from './queries/workflows.ts';

/** `archived`: it has runs, whose evidence stays under its name. `deleted`: nothing is left of it. */
export type Deletion = 'archived' | 'deleted';

const MAX_NAMED = 5;

/**
 * Ends a workflow: no run of it begins any more. One that has runs is archived, and already archived stays so, without
 * an error. Throws `contract_workflow_not_found`, `contract_workflow_has_tokens`, `identity_forbidden`.
 */
export async function deleteWorkflow(
  deps: ContractDeps,
  principal: Principal,
  input: { readonly key: WorkflowKey; readonly requestId: string },
): Promise<Deletion> {
  const { orgId } = principal;
  return deps.db.withOrg(orgId, async (tx) => {
    // Runs that begin hold the row until they are there to be counted.
    const options = { key: input.key, action: 'write-workflow', lock: 'change' } as const;
    const row = await requireVisibleWorkflow(tx, principal, options);
    if (row.archivedAt !== null) return 'archived';
    const now = deps.clock();
    await requireNoWayIn(tx, row, now);
    const deletion = await end(tx, { deps, row, now });
    await writeAudit(tx, {
      orgId,
      actor: actorOf(principal),
      action: 'contract.delete-workflow',
      target: `workflow:${row.project}/${row.name}`,
      outcome: 'ok',
      detail: { deletion, contract: row.contract },
      requestId: input.requestId,
    });
    await emitWorkflowDeleted(tx, { orgId, workflowId: row.id, deletion });
    return deletion;
  });
}

/** They would act for whatever takes the name next. */
async function requireNoWayIn(tx: Tx, { project, name }: WorkflowRow, now: Date): Promise<void> {
  const ways = await findWaysInto(tx, { project, workflow: name }, now);
  if (ways.length === 0) return;
  const more = ways.length > MAX_NAMED ? ' and more' : '';
  throw contractError(
    'contract_workflow_has_tokens',
    `the workflow ${project}/${name} has tokens, robot accounts or trusted pipelines that still work (${ways.slice(0, MAX_NAMED).join(', ')}${more}): revoke or remove them first`,
  );
}

async function end(
  tx: Tx,
  { deps, row, now }: { readonly deps: ContractDeps; readonly row: WorkflowRow; readonly now: Date },
): Promise<Deletion> {
  const [counted] = await deps.countRuns(tx, [row], now);
  // Without an answer nothing is known to be unused.
  if (counted === undefined || counted.runs > 0) {
    await updateWorkflowRow(tx, row.id, { ...row, pinnedRevision: row.contractRevision, archivedAt: now });
    return 'archived';
  }
  await removeWorkflowRow(tx, row.id);
  return 'deleted';
}
