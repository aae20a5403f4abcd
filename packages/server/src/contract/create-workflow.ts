import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, authorize, type Principal } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { emitWorkflowCreated } from './events.ts';
import { requireRevision, requireUsable, requireWorkflow } from './find.ts';
import { parseName, parseText } from './name.ts';
import {
  ensureProject,
  findWorkflowRow,
  insertWorkflow,
  type NewWorkflow,
  updateWorkflowRow,
  type WorkflowRow,
} from './queries/workflows.ts';

export interface CreateWorkflowInput {
  readonly project: string;
  readonly name: string;
  /** By name or id. */
  readonly contract: string;
  /** Pins one revision; without it each run takes the one in force. */
  readonly contractRevision?: number | undefined;
  readonly description?: string | undefined;
  readonly team?: string | undefined;
  readonly requestId?: string | undefined;
}

/**
 * A workflow that owes a contract; creates its project when that is new. One that was deleted and has runs comes back
 * with them, as they bear its name. Throws `contract_workflow_exists`, `contract_not_found`,
 * `contract_revision_not_found`, `contract_name_invalid`, `contract_text_invalid`, `identity_forbidden`.
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
  const texts = {
    description: parseText(input.description ?? '', 'description'),
    team: parseText(input.team ?? '', 'team'),
  };
  return deps.db.withOrg(principal.orgId, async (tx) => {
    const suggesting = { suggest: principal.scope.type === 'organization' };
    const contract = await requireUsable(tx, input.contract, { ...suggesting, lock: 'use' });
    const pinnedRevision = input.contractRevision ?? null;
    if (pinnedRevision !== null) await requireRevision(tx, contract, pinnedRevision);
    const now = deps.clock();
    const { orgId } = principal;
    const { id: projectId, created } = await ensureProject(tx, { orgId, name: project, now });
    const wanted = { ...texts, orgId, projectId, name, contractId: contract.id, pinnedRevision };
    const made = await insertOrRestore(tx, project, {
      ...wanted,
      createdAt: now,
      createdBy: actorOf(principal),
    });
    await record(tx, principal, { input, contract: contract.name, ...made, projectCreated: created });
    return requireWorkflow(tx, { project, name }, suggesting);
  });
}

interface Made {
  readonly workflowId: string;
  readonly restored: boolean;
}

async function insertOrRestore(tx: Tx, project: string, wanted: NewWorkflow): Promise<Made> {
  const id = await insertWorkflow(tx, wanted);
  if (id !== undefined) return { workflowId: id, restored: false };
  const { name } = wanted;
  const old = await findWorkflowRow(tx, { project, name }, { lock: 'change' });
  if (old === undefined || old.archivedAt === null) {
    throw contractError(
      'contract_workflow_exists',
      `the workflow ${project}/${name} exists: waybill workflow describe shows it, or choose another name`,
    );
  }
  await updateWorkflowRow(tx, old.id, { ...wanted, archivedAt: null });
  return { workflowId: old.id, restored: true };
}

async function record(
  tx: Tx,
  principal: Principal,
  made: Made & {
    readonly input: CreateWorkflowInput;
    readonly contract: string;
    readonly projectCreated: boolean;
  },
): Promise<void> {
  const { contract, workflowId, restored, projectCreated } = made;
  const { project, name, contractRevision, requestId } = made.input;
  await writeAudit(tx, {
    orgId: principal.orgId,
    actor: actorOf(principal),
    action: 'contract.create-workflow',
    target: `workflow:${project}/${name}`,
    outcome: 'ok',
    detail: { contract, contractRevision: contractRevision ?? null, projectCreated, restored },
    ...(requestId === undefined ? {} : { requestId }),
  });
  await emitWorkflowCreated(tx, { orgId: principal.orgId, workflowId });
}
