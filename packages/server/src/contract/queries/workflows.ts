import { sql } from 'kysely';
import { type Tx, thisOrg } from '../../ground/index.ts';
import { on } from './tables.ts';

export interface WorkflowRow {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly contract: string;
  readonly contractId: string;
  /** Null: each run takes the one in force. */
  readonly contractRevision: number | null;
  readonly description: string;
  readonly team: string;
  readonly createdAt: Date;
}

/** The project's id; made if it is new. */
export async function ensureProject(
  tx: Tx,
  project: { readonly orgId: string; readonly name: string; readonly now: Date },
): Promise<{ readonly id: string; readonly created: boolean }> {
  const made = await on(tx)
    .insertInto('contract_projects')
    .values({ org_id: project.orgId, name: project.name, created_at: project.now })
    .onConflict((conflict) => conflict.columns(['org_id', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (made !== undefined) return { id: made.id, created: true };
  const found = await on(tx)
    .selectFrom('contract_projects')
    .select('id')
    .where('org_id', '=', thisOrg)
    .where('name', '=', project.name)
    .executeTakeFirstOrThrow();
  return { id: found.id, created: false };
}

export interface NewWorkflow {
  readonly orgId: string;
  readonly projectId: string;
  readonly name: string;
  readonly contractId: string;
  readonly pinnedRevision: number | null;
  readonly description: string;
  readonly team: string;
  readonly createdAt: Date;
  readonly createdBy: string;
}

/** The new workflow's id; undefined when the project has one of that name. */
export async function insertWorkflow(tx: Tx, workflow: NewWorkflow): Promise<string | undefined> {
  const row = await on(tx)
    .insertInto('contract_workflows')
    .values({
      org_id: workflow.orgId,
      project_id: workflow.projectId,
      name: workflow.name,
      contract_id: workflow.contractId,
      pinned_revision: workflow.pinnedRevision,
      description: workflow.description,
      team: workflow.team,
      created_at: workflow.createdAt,
      created_by: workflow.createdBy,
    })
    .onConflict((conflict) => conflict.columns(['project_id', 'name']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return row?.id;
}

const selectWorkflows = (tx: Tx) =>
  on(tx)
    .selectFrom('contract_workflows as w')
    .innerJoin('contract_projects as p', 'p.id', 'w.project_id')
    .innerJoin('contract_contracts as c', 'c.id', 'w.contract_id')
    .select([
      'w.id',
      'p.name as project',
      'w.name',
      'c.name as contract',
      'w.contract_id as contractId',
      'w.pinned_revision as contractRevision',
      'w.description',
      'w.team',
      'w.created_at as createdAt',
    ])
    .where('w.org_id', '=', thisOrg);

export interface WorkflowFilter {
  /** Each narrows the list; none: all. */
  readonly projects: readonly string[];
  readonly workflow?: string | undefined;
  readonly contractId?: string | undefined;
  /** The last row of the page before. */
  readonly after?: Pick<WorkflowRow, 'project' | 'name'> | undefined;
  readonly limit?: number;
}

/** By project and name. */
export async function listWorkflowRows(tx: Tx, filter: WorkflowFilter): Promise<readonly WorkflowRow[]> {
  const { projects, workflow, contractId, after, limit } = filter;
  let page = selectWorkflows(tx).orderBy('p.name').orderBy('w.name');
  for (const project of projects) page = page.where('p.name', '=', project);
  if (workflow !== undefined) page = page.where('w.name', '=', workflow);
  if (contractId !== undefined) page = page.where('w.contract_id', '=', contractId);
  if (limit !== undefined) page = page.limit(limit);
  if (after !== undefined) {
    page = page.where(sql<boolean>`(p.name, w.name) > (${after.project}, ${after.name})`);
  }
  return page.execute();
}

export async function findWorkflowRow(
  tx: Tx,
  project: string,
  name: string,
): Promise<WorkflowRow | undefined> {
  return selectWorkflows(tx).where('p.name', '=', project).where('w.name', '=', name).executeTakeFirst();
}
