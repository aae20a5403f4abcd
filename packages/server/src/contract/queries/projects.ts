import { sql } from 'kysely';
import { type Tx, thisOrg } from '../../ground/index.ts';
import { on } from './tables.ts';
import type { NameOrId } from './workflows.ts';

export interface ProjectRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Without archived ones. */
  readonly workflows: number;
  readonly versions: number;
  /** The newest; null before the first. */
  readonly latestVersion: string | null;
}

export interface VersionRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: Date;
  /** Null: it is not released. */
  readonly releasedAt: Date | null;
}

const VERSION_COLUMNS = [
  'v.id',
  'v.name',
  'v.created_at as createdAt',
  'v.released_at as releasedAt',
] as const;

const selectProjects = (tx: Tx) =>
  on(tx)
    .selectFrom('contract_projects as p')
    .select([
      'p.id',
      'p.name',
      'p.created_at as createdAt',
      sql<number>`(select count(*)::integer from contract_workflows w
        where w.project_id = p.id and w.archived_at is null)`.as('workflows'),
      sql<number>`(select count(*)::integer from contract_project_versions v where v.project_id = p.id)`.as(
        'versions',
      ),
      sql<string | null>`(select v.name from contract_project_versions v where v.project_id = p.id
        order by v.created_at desc, v.id desc limit 1)`.as('latestVersion'),
    ])
    .where('p.org_id', '=', thisOrg);

export async function findProjectRow(tx: Tx, { by, value }: NameOrId): Promise<ProjectRow | undefined> {
  return selectProjects(tx).where(`p.${by}`, '=', value).executeTakeFirst();
}

/** By name; `after` is the last of the page before. */
export async function listProjectRows(
  tx: Tx,
  filter: {
    readonly name?: string | undefined;
    readonly after?: string | undefined;
    readonly limit?: number;
  } = {},
): Promise<readonly ProjectRow[]> {
  let page = selectProjects(tx).orderBy('p.name');
  if (filter.name !== undefined) page = page.where('p.name', '=', filter.name);
  if (filter.after !== undefined) page = page.where('p.name', '>', filter.after);
  if (filter.limit !== undefined) page = page.limit(filter.limit);
  return page.execute();
}

/** Newest first; `after` is the last of the page before. */
export async function listVersionRows(
  tx: Tx,
  projectId: string,
  page: { readonly after?: Pick<VersionRow, 'createdAt' | 'id'> | undefined; readonly limit: number },
): Promise<readonly VersionRow[]> {
  let query = on(tx)
    .selectFrom('contract_project_versions as v')
    .select(VERSION_COLUMNS)
    .where('v.org_id', '=', thisOrg)
    .where('v.project_id', '=', projectId)
    .orderBy('v.created_at', 'desc')
    .orderBy('v.id', 'desc')
    .limit(page.limit);
  if (page.after) {
    query = query.where(
      sql<boolean>`(v.created_at, v.id) < (${page.after.createdAt}, ${page.after.id}::uuid)`,
    );
  }
  return query.execute();
}

/** Held until the transaction ends, so that it is released once. */
export async function lockVersion(tx: Tx, projectId: string, name: string): Promise<VersionRow | undefined> {
  return on(tx)
    .selectFrom('contract_project_versions as v')
    .select(VERSION_COLUMNS)
    .where('v.org_id', '=', thisOrg)
    .where('v.project_id', '=', projectId)
    .where('v.name', '=', name)
    .forUpdate()
    .executeTakeFirst();
}

/** Made if it is new. */
export async function ensureVersion(
  tx: Tx,
  version: { readonly project: string; readonly name: string; readonly now: Date; readonly by: string },
): Promise<void> {
  await sql`
    insert into contract_project_versions (org_id, project_id, name, created_at, created_by)
    select p.org_id, p.id, ${version.name}, ${version.now}, ${version.by}
    from contract_projects p where p.org_id = ${thisOrg} and p.name = ${version.project}
    on conflict (project_id, name) do nothing`.execute(tx);
}

export async function setReleased(tx: Tx, versionId: string, at: Date): Promise<void> {
  await on(tx)
    .updateTable('contract_project_versions')
    .set({ released_at: at })
    .where('org_id', '=', thisOrg)
    .where('id', '=', versionId)
    .execute();
}
