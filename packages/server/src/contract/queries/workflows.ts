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
  /** Null: it runs, or may. */
  readonly archivedAt: Date | null;
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
      'w.archived_at as archivedAt',
    ])
    .where('w.org_id', '=', thisOrg);

export interface WorkflowFilter {
  /** Names or ids; each narrows the list, none: all. */
  readonly projects?: readonly NameOrId[];
  readonly contract?: NameOrId | undefined;
  readonly workflow?: string | undefined;
  /** Part of the name. */
  readonly namePart?: string | undefined;
  readonly team?: string | undefined;
  readonly archived?: boolean;
  /** The last row of the page before. */
  readonly after?: Pick<WorkflowRow, 'project' | 'name'> | undefined;
  readonly limit?: number;
}

export interface NameOrId {
  readonly by: 'id' | 'name';
  readonly value: string;
}

/** By project and name; without archived ones unless they are asked for. */
export async function listWorkflowRows(tx: Tx, filter: WorkflowFilter = {}): Promise<readonly WorkflowRow[]> {
  const { projects = [], contract, workflow, namePart, team, archived = false, after, limit } = filter;
  let page = selectWorkflows(tx).orderBy('p.name').orderBy('w.name');
  for (const { by, value } of projects) page = page.where(`p.${by}`, '=', value);
  if (contract !== undefined) page = page.where(`c.${contract.by}`, '=', contract.value);
  if (workflow !== undefined) page = page.where('w.name', '=', workflow);
  if (namePart !== undefined) page = page.where(sql<boolean>`strpos(w.name, ${namePart}) > 0`);
  if (team !== undefined) page = page.where('w.team', '=', team);
  if (!archived) page = page.where('w.archived_at', 'is', null);
  if (limit !== undefined) page = page.limit(limit);
  if (after !== undefined) {
    page = page.where(sql<boolean>`(p.name, w.name) > (${after.project}, ${after.name})`);
  }
  return page.execute();
}

/** Which one: by its own id, or by the names of its project and itself. */
export type WorkflowKey = { readonly id: string } | { readonly project: string; readonly name: string };

export interface FindWorkflow {
  /** `use`: not deleted or archived before the transaction ends. `change`: nobody uses or changes it meanwhile. */
  readonly lock?: 'use' | 'change' | undefined;
}

/** Archived ones too. */
export async function findWorkflowRow(
  tx: Tx,
  key: WorkflowKey,
  { lock }: FindWorkflow = {},
): Promise<WorkflowRow | undefined> {
  const all = selectWorkflows(tx);
  const one =
    'id' in key
      ? all.where('w.id', '=', key.id)
      : all.where('p.name', '=', key.project).where('w.name', '=', key.name);
  if (lock === 'use') return one.forKeyShare('w').executeTakeFirst();
  return lock === 'change' ? one.forUpdate('w').executeTakeFirst() : one.executeTakeFirst();
}

export interface WorkflowChange {
  readonly contractId: string;
  readonly pinnedRevision: number | null;
  readonly description: string;
  readonly team: string;
  readonly archivedAt: Date | null;
}

export async function updateWorkflowRow(tx: Tx, id: string, change: WorkflowChange): Promise<void> {
  await on(tx)
    .updateTable('contract_workflows')
    .set({
      contract_id: change.contractId,
      pinned_revision: change.pinnedRevision,
      description: change.description,
      team: change.team,
      archived_at: change.archivedAt,
    })
    .where('org_id', '=', thisOrg)
    .where('id', '=', id)
    .execute();
}

export async function removeWorkflowRow(tx: Tx, id: string): Promise<void> {
  await on(tx).deleteFrom('contract_workflows').where('org_id', '=', thisOrg).where('id', '=', id).execute();
}
