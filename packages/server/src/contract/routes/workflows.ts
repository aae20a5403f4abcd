import {
  CreateWorkflow,
  DeletedWorkflow,
  UpdateWorkflow,
  Workflow,
  WorkflowList,
  WorkflowQuery,
} from '@waybill/api';
import { Type } from 'typebox';
import type { App } from '../../ground/index.ts';
import type { Who } from '../../identity/index.ts';
import { createWorkflow } from '../create-workflow.ts';
import { deleteWorkflow } from '../delete-workflow.ts';
import type { ContractDeps } from '../deps.ts';
import { updateWorkflow } from '../update-workflow.ts';
import { describeWorkflow, type ListedWorkflow, listWorkflows } from '../workflows.ts';

const TAGS = ['contracts'];
const PATH = '/waybill/v1/workflows';
// Any text: what is no name is as unknown as any other.
const ByNames = Type.Object({ project: Type.String(), name: Type.String() });
const ById = Type.Object({ id: Type.String() });

/** `/waybill/v1/workflows`. */
export function workflowPaths(app: App, deps: ContractDeps, who: Who): void {
  app.post(
    PATH,
    {
      schema: {
        tags: TAGS,
        summary: 'Create a workflow and, when it is new, its project',
        body: CreateWorkflow,
        response: { 201: Workflow },
      },
    },
    async (request, reply) => {
      const principal = who(request);
      const { project, name } = await createWorkflow(deps, principal, {
        ...request.body,
        requestId: request.id,
      });
      reply.code(201);
      return present(await describeWorkflow(deps, principal, { project, name }));
    },
  );
  app.get(
    PATH,
    {
      schema: {
        tags: TAGS,
        summary: 'List workflows, with what became of their runs',
        querystring: WorkflowQuery,
        response: { 200: WorkflowList },
      },
    },
    async (request) => {
      const { workflows, next } = await listWorkflows(deps, who(request), request.query);
      return { workflows: workflows.map(present), next };
    },
  );
  byKey(app, deps, who);
}

/** Each verb on one workflow, by its names and by its id. */
function byKey(app: App, deps: ContractDeps, who: Who): void {
  for (const [path, params, by] of [
    [`${PATH}/:project/:name`, ByNames, 'by its names'],
    [`${PATH}/:id`, ById, 'by its id'],
  ] as const) {
    const schema = { tags: TAGS, params };
    app.get(
      path,
      { schema: { ...schema, summary: `One workflow, ${by}`, response: { 200: Workflow } } },
      async (request) => present(await describeWorkflow(deps, who(request), request.params)),
    );
    app.patch(
      path,
      {
        schema: {
          ...schema,
          summary: `Change what a workflow, ${by}, owes, or what is said of it`,
          body: UpdateWorkflow,
          response: { 200: Workflow },
        },
      },
      async (request) => {
        const input = { ...request.body, key: request.params, requestId: request.id };
        return present(await updateWorkflow(deps, who(request), input));
      },
    );
    app.delete(
      path,
      {
        schema: {
          ...schema,
          summary: `End a workflow, ${by}; one that has runs is archived, and they stay`,
          response: { 200: DeletedWorkflow },
        },
      },
      async (request) => {
        const input = { key: request.params, requestId: request.id };
        return { deletion: await deleteWorkflow(deps, who(request), input) };
      },
    );
  }
}

function present({ contractId: _contractId, ...row }: ListedWorkflow): Workflow {
  return {
    ...row,
    createdAt: row.createdAt.toISOString(),
    archivedAt: row.archivedAt?.toISOString() ?? null,
    lastRun: row.lastRun && { ...row.lastRun, startedAt: row.lastRun.startedAt.toISOString() },
  };
}
