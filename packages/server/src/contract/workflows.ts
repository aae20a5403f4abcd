import type { WorkflowQuery } from '@waybill/api';
import { authorize, type Principal, targetOf } from '../identity/index.ts';
import type { ContractDeps } from './deps.ts';
import { contractError } from './errors.ts';
import { requireVisibleWorkflow } from './find.ts';
import { isName, nameOrId } from './name.ts';
import {
  listWorkflowRows,
  type WorkflowFilter,
  type WorkflowKey,
  type WorkflowRow,
} from './queries/workflows.ts';
import type { WorkflowRuns } from './runs-port.ts';

const DEFAULT_PAGE = 50;

export type ListedWorkflow = WorkflowRow & WorkflowRuns;

export interface WorkflowPage {
  readonly workflows: readonly ListedWorkflow[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

/**
 * The workflows inside the principal's scope, by project and name, a page at a time, with what became of their runs.
 * Throws `contract_cursor_invalid`.
 */
export async function listWorkflows(
  deps: ContractDeps,
  principal: Principal,
  query: WorkflowQuery = {},
): Promise<WorkflowPage> {
  authorize(principal, 'read', targetOf(principal.scope));
  const limit = query.limit ?? DEFAULT_PAGE;
  const filter = filterOf(principal, query);
  if (filter === null) return { workflows: [], next: null };
  return deps.db.withOrg(principal.orgId, async (tx) => {
    const rows = await listWorkflowRows(tx, { ...filter, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const runs = await deps.countRuns(tx, page, deps.clock());
    return {
      workflows: page.map((row, index) => ({ ...row, ...(runs[index] ?? NO_RUNS) })),
      next: rows.length > limit && last ? formatCursor(last) : null,
    };
  });
}

const NO_RUNS: WorkflowRuns = { runs: 0, lastRun: null };

/** Null: nothing can be found, as what is asked for is no name. */
function filterOf({ scope }: Principal, query: WorkflowQuery): WorkflowFilter | null {
  const { project, workflow } = targetOf(scope);
  // A project outside of the scope is asked for beside it, and nothing is in both.
  const projects = [query.project, project].filter((one) => one !== undefined).map(nameOrId);
  const contract = query.contract === undefined ? undefined : nameOrId(query.contract);
  if (!projects.every((one) => one !== null) || contract === null) return null;
  return {
    projects,
    contract,
    workflow,
    namePart: query.name,
    team: query.team,
    archived: query.archived === true,
    after: query.cursor === undefined ? undefined : parseCursor(query.cursor),
  };
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

/** Archived ones too. Throws `contract_workflow_not_found`, `identity_forbidden`. */
export async function describeWorkflow(
  deps: ContractDeps,
  principal: Principal,
  key: WorkflowKey,
): Promise<ListedWorkflow> {
  return deps.db.withOrg(principal.orgId, async (tx) => {
    const row = await requireVisibleWorkflow(tx, principal, { key, action: 'read' });
    const [runs = NO_RUNS] = await deps.countRuns(tx, [row], deps.clock());
    return { ...row, ...runs };
  });
}
