import type { Contract } from '@waybill/core/contract';
import type { Digest } from '@waybill/core/digest';
import { type ColumnType, type JSONColumnType, sql } from 'kysely';
import { type Tx, thisOrg } from '../ground/index.ts';

type Assigned<T> = ColumnType<T, T | undefined, never>;

/** A type and not an interface: Kysely wants an index signature, which only a type has. */
type ContractTables = {
  contract_contracts: {
    id: Assigned<string>;
    org_id: string;
    name: string;
    latest_revision: ColumnType<number, undefined, number>;
    created_at: Date;
  };
  contract_revisions: {
    org_id: string;
    contract_id: string;
    revision: number;
    digest: Digest;
    document: string;
    contract: JSONColumnType<Contract & object>;
    created_at: Date;
    created_by: string;
  };
  contract_projects: { id: Assigned<string>; org_id: string; name: string; created_at: Date };
  contract_workflows: {
    id: Assigned<string>;
    org_id: string;
    project_id: string;
    name: string;
    contract_id: string;
    pinned_revision: number | null;
    description: string;
    team: string;
    created_at: Date;
    created_by: string;
  };
};

export interface ContractRow {
  readonly id: string;
  readonly name: string;
  readonly latestRevision: number;
}

export interface RevisionRow {
  readonly revision: number;
  readonly digest: Digest;
  readonly createdAt: Date;
}

/** A revision with what it demands. */
export interface FullRevision extends RevisionRow {
  readonly document: string;
  readonly contract: Contract;
}

export interface ContractSummaryRow extends RevisionRow {
  readonly name: string;
  readonly description: string;
  readonly workflows: number;
}

export interface WorkflowRow {
  readonly id: string;
  readonly project: string;
  readonly name: string;
  readonly contract: string;
  /** Null: each run takes the newest. */
  readonly contractRevision: number | null;
  readonly description: string;
  readonly team: string;
  readonly createdAt: Date;
}

const on = (tx: Tx) => tx.withTables<ContractTables>();

/** The contract's row, made if it is new, held until the transaction ends: revisions are numbered one at a time. */
export async function lockContract(
  tx: Tx,
  contract: { readonly orgId: string; readonly name: string; readonly now: Date },
): Promise<ContractRow> {
  await on(tx)
    .insertInto('contract_contracts')
    .values({ org_id: contract.orgId, name: contract.name, created_at: contract.now })
    .onConflict((conflict) => conflict.columns(['org_id', 'name']).doNothing())
    .execute();
  return on(tx)
    .selectFrom('contract_contracts')
    .select(['id', 'name', 'latest_revision as latestRevision'])
    .where('org_id', '=', thisOrg)
    .where('name', '=', contract.name)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

export async function findContract(tx: Tx, name: string): Promise<ContractRow | undefined> {
  return on(tx)
    .selectFrom('contract_contracts')
    .select(['id', 'name', 'latest_revision as latestRevision'])
    .where('org_id', '=', thisOrg)
    .where('name', '=', name)
    .executeTakeFirst();
}

export async function insertRevision(
  tx: Tx,
  revision: FullRevision & {
    readonly orgId: string;
    readonly contractId: string;
    readonly createdBy: string;
  },
): Promise<void> {
  await on(tx)
    .insertInto('contract_revisions')
    .values({
      org_id: revision.orgId,
      contract_id: revision.contractId,
      revision: revision.revision,
      digest: revision.digest,
      document: revision.document,
      contract: JSON.stringify(revision.contract),
      created_at: revision.createdAt,
      created_by: revision.createdBy,
    })
    .execute();
  await on(tx)
    .updateTable('contract_contracts')
    .set({ latest_revision: revision.revision })
    .where('org_id', '=', thisOrg)
    .where('id', '=', revision.contractId)
    .execute();
}

export async function findRevisionRow(
  tx: Tx,
  contractId: string,
  revision: number,
): Promise<FullRevision | undefined> {
  return on(tx)
    .selectFrom('contract_revisions')
    .select(['revision', 'digest', 'created_at as createdAt', 'document', 'contract'])
    .where('org_id', '=', thisOrg)
    .where('contract_id', '=', contractId)
    .where('revision', '=', revision)
    .executeTakeFirst();
}

/** A revision by the name of its contract, the newest unless told. */
export async function findRevisionByName(
  tx: Tx,
  name: string,
  revision: number | undefined,
): Promise<FullRevision | undefined> {
  return on(tx)
    .selectFrom('contract_contracts as c')
    .innerJoin('contract_revisions as r', 'r.contract_id', 'c.id')
    .select(['r.revision', 'r.digest', 'r.created_at as createdAt', 'r.document', 'r.contract'])
    .where('c.org_id', '=', thisOrg)
    .where('c.name', '=', name)
    .where('r.revision', '=', revision === undefined ? sql<number>`c.latest_revision` : revision)
    .executeTakeFirst();
}

/** Newest first. */
export async function listRevisionRows(tx: Tx, contractId: string): Promise<readonly RevisionRow[]> {
  return on(tx)
    .selectFrom('contract_revisions')
    .select(['revision', 'digest', 'created_at as createdAt'])
    .where('org_id', '=', thisOrg)
    .where('contract_id', '=', contractId)
    .orderBy('revision', 'desc')
    .execute();
}

/** Every contract with its newest revision, by name. */
export async function listContractRows(tx: Tx): Promise<readonly ContractSummaryRow[]> {
  return on(tx)
    .selectFrom('contract_contracts as c')
    .innerJoin('contract_revisions as r', (join) =>
      join.onRef('r.contract_id', '=', 'c.id').onRef('r.revision', '=', 'c.latest_revision'),
    )
    .leftJoin('contract_workflows as w', 'w.contract_id', 'c.id')
    .select([
      'c.name',
      'r.revision',
      'r.digest',
      'r.created_at as createdAt',
      sql<string>`r.contract ->> 'description'`.as('description'),
      sql<number>`count(w.id)::integer`.as('workflows'),
    ])
    .where('c.org_id', '=', thisOrg)
    .groupBy(['c.id', 'r.contract_id', 'r.revision'])
    .orderBy('c.name')
    .execute();
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
  /** The last row of the page before. */
  readonly after?: Pick<WorkflowRow, 'project' | 'name'> | undefined;
  readonly limit?: number;
}

/** By project and name. */
export async function listWorkflowRows(tx: Tx, filter: WorkflowFilter): Promise<readonly WorkflowRow[]> {
  const { projects, workflow, after, limit } = filter;
  let page = selectWorkflows(tx).orderBy('p.name').orderBy('w.name');
  for (const project of projects) page = page.where('p.name', '=', project);
  if (workflow !== undefined) page = page.where('w.name', '=', workflow);
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
