import type { WorkflowQuery } from '@waybill/api';
import { type Tx, writeAudit } from '../ground/index.ts';
import { actorOf, authorize, type Principal, targetOf } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { emitWorkflowCreated } from './events.ts';
import { requireRevision, requireUsable, requireWorkflow } from './find.ts';
import { isName, parseName, parseText } from './name.ts';
import { ensureProject, insertWorkflow, listWorkflowRows, type WorkflowRow } from './queries/workflows.ts';

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
    const contract = await requireUsable(tx, input.contract, { ...suggesting, lock: 'use' });
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

const DEFAULT_PAGE = 50;

export interface WorkflowPage {
  readonly workflows: readonly WorkflowRow[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

/**
 * The workflows inside the principal's scope, by project and name, a page at a time; of one project when it is
 * named. Throws `contract_cursor_invalid`.
 */
export async function listWorkflows(
  deps: ContractDeps,
  principal: Principal,
  query: WorkflowQuery = {},
): Promise<WorkflowPage> {
  const target = targetOf(principal.scope);
  authorize(principal, 'read', target);
  const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
  // A project outside of the scope is asked for beside it, and nothing is in both.
  const projects = [query.project, target?.project].filter((project) => project !== undefined);
  if (!projects.every(isName)) return { workflows: [], next: null };
  const limit = query.limit ?? DEFAULT_PAGE;
  const filter = { projects, workflow: target?.workflow, after, limit: limit + 1 };
  const rows = await deps.db.withOrg(principal.orgId, (tx) => listWorkflowRows(tx, filter));
  const workflows = rows.slice(0, limit);
  const last = workflows.at(-1);
  return { workflows, next: rows.length > limit && last ? formatCursor(last) : null };
}

type Place = Pick<WorkflowRow, 'project' | 'name'>;

function formatCursor({ project, name }: Place): string {
  return Buffer.from(`${project}/${name}`).toString('base64url');
}

function parseCursor(cursor: string): Place {
  const [project = '', name = '', ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split('/');
  if (isName(project) && isName(name) && rest.length === 0) return { project, name };
  throw contractError('contract_cursor_invalid', 'cursor: expected the `next` of an earlier page');
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
