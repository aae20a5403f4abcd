import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, authorize, type Principal, scopeCovers, targetOf } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { emitWorkflowCreated } from './events.ts';
import { requireContract, requireRevision, requireWorkflow } from './find.ts';
import { isName, parseName, parseText } from './name.ts';
import { ensureProject, insertWorkflow, listWorkflowRows, type WorkflowRow } from './queries.ts';

export interface CreateWorkflowInput {
  readonly project: string;
  readonly name: string;
  readonly contract: string;
  /** Pins one revision; without it each run takes the newest. */
  readonly contractRevision?: number | undefined;
  readonly description?: string | undefined;
  readonly team?: string | undefined;
  readonly requestId?: string | undefined;
}

/**
 * A workflow that owes a contract; creates its project when that is new. Throws `contract_workflow_exists`,
 * `contract_not_found`, `contract_revision_not_found`, `contract_name_invalid`, `contract_text_invalid`,
 * `identity_forbidden`.
 */
export async function createWorkflow(
  deps: ContractDeps,
  principal: Principal,
  input: CreateWorkflowInput,
): Promise<WorkflowRow> {
  const project = parseName(input.project, 'project');
  const name = parseName(input.name, 'workflow name');
  authorize(principal, 'write-workflow', { project, workflow: name });
  // An older revision may owe less than the newest, under the same name at the gate.
  if (input.contractRevision !== undefined) authorize(principal, 'write-contract');
  const description = parseText(input.description ?? '', 'description');
  const team = parseText(input.team ?? '', 'team');
  return deps.db.withOrg(principal.orgId, async (tx) => {
    const suggesting = { suggest: principal.scope.type === 'organization' };
    const contract = await requireContract(tx, input.contract, suggesting);
    const pinnedRevision = input.contractRevision ?? null;
    if (pinnedRevision !== null) await requireRevision(tx, contract, pinnedRevision);
    const now = deps.clock();
    const { orgId } = principal;
    const { id: projectId, created } = await ensureProject(tx, { orgId, name: project, now });
    const id = await insertWorkflow(tx, {
      orgId,
      projectId,
      name,
      contractId: contract.id,
      pinnedRevision,
      description,
      team,
      createdAt: now,
      createdBy: actorOf(principal),
    });
    if (id === undefined) throw exists(project, name);
    await record(tx, principal, { input, workflowId: id, projectCreated: created });
    return requireWorkflow(tx, { project, name }, suggesting);
  });
}

function exists(project: string, name: string) {
  return contractError(
    'contract_workflow_exists',
    `the workflow ${project}/${name} exists: waybill workflow describe shows it, or choose another name`,
  );
}

async function record(
  tx: Tx,
  principal: Principal,
  made: {
    readonly input: CreateWorkflowInput;
    readonly workflowId: string;
    readonly projectCreated: boolean;
  },
): Promise<void> {
  const { project, name, contract, contractRevision, requestId } = made.input;
  await writeAudit(tx, {
    orgId: principal.orgId,
    actor: actorOf(principal),
    action: 'contract.create-workflow',
    target: `workflow:${project}/${name}`,
    outcome: 'ok',
    detail: { contract, contractRevision: contractRevision ?? null, projectCreated: made.projectCreated },
    ...(requestId === undefined ? {} : { requestId }),
  });
  await emitWorkflowCreated(tx, { orgId: principal.orgId, workflowId: made.workflowId });
}

/** The workflows inside the principal's scope, by project and name; of one project when it is named. */
export async function listWorkflows(
  deps: ContractDeps,
  principal: Principal,
  filter: { readonly project?: string | undefined } = {},
): Promise<readonly WorkflowRow[]> {
  authorize(principal, 'read', targetOf(principal.scope));
  if (filter.project !== undefined && !isName(filter.project)) return [];
  const rows = await deps.db.withOrg(principal.orgId, (tx) => listWorkflowRows(tx, filter.project));
  return rows.filter((row) => scopeCovers(principal.scope, { project: row.project, workflow: row.name }));
}

/** Throws `contract_workflow_not_found`, `identity_forbidden`. */
export async function describeWorkflow(
  deps: ContractDeps,
  principal: Principal,
  workflow: { readonly project: string; readonly name: string },
): Promise<WorkflowRow> {
  authorize(principal, 'read', { project: workflow.project, workflow: workflow.name });
  const suggest = principal.scope.type === 'organization';
  return deps.db.withOrg(principal.orgId, (tx) => requireWorkflow(tx, workflow, { suggest }));
}
