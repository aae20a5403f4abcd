import { AddTrust, Trust, TrustList } from '@waybill/api';
import { Type } from 'typebox';
import type { App } from '../../ground/index.ts';
import {
  addTrust,
  type IdentityDeps,
  listTrusts,
  removeTrust,
  type TrustRow,
  type Who,
} from '../../identity/index.ts';
import type { ContractDeps } from '../deps.ts';
import { describeWorkflow } from '../workflows.ts';

const PATH = '/waybill/v1/workflows/:project/:name/trusts';
const TAGS = ['identity'];
// Any text: a name of the wrong form is as unknown as any other.
const OfWorkflow = Type.Object({ project: Type.String(), name: Type.String() });

/** Trusted pipelines of a workflow. Room identity knows no workflows: that it is there is found out here. */
export function trustPaths(
  app: App,
  deps: ContractDeps & { readonly identity: IdentityDeps },
  who: Who,
): void {
  app.post(
    PATH,
    {
      schema: {
        tags: TAGS,
        summary: 'Let jobs of a CI system push runs of a workflow by their own tokens',
        params: OfWorkflow,
        body: AddTrust,
        response: { 201: Trust },
      },
    },
    async (request, reply) => {
      const principal = who(request);
      await describeWorkflow(deps, principal, request.params);
      const input = { ...request.body, workflow: workflowOf(request.params), requestId: request.id };
      const trust = await addTrust(deps.identity, principal, input);
      reply.code(201);
      return present(trust);
    },
  );
  app.get(
    PATH,
    {
      schema: {
        tags: TAGS,
        summary: 'List the pipelines that a workflow trusts, oldest first',
        params: OfWorkflow,
        response: { 200: TrustList },
      },
    },
    async (request) => {
      const principal = who(request);
      await describeWorkflow(deps, principal, request.params);
      const rows = await listTrusts(deps.identity, principal, workflowOf(request.params));
      return { trusts: rows.map(present) };
    },
  );
  app.delete(
    `${PATH}/:trust`,
    {
      schema: {
        tags: TAGS,
        summary: 'Trust a pipeline no more, by name or id',
        params: Type.Object({ project: Type.String(), name: Type.String(), trust: Type.String() }),
        response: {
          204: Type.Null({ description: 'Its tokens, and those that it got, are good for nothing' }),
        },
      },
    },
    async (request, reply) => {
      const { trust } = request.params;
      const input = { trust, workflow: workflowOf(request.params), requestId: request.id };
      await removeTrust(deps.identity, who(request), input);
      return reply.code(204).send(null);
    },
  );
}

function workflowOf({ project, name }: { readonly project: string; readonly name: string }) {
  return { project, workflow: name };
}

function present({ rule, ...row }: TrustRow): Trust {
  return {
    id: row.id,
    name: row.name,
    ...rule,
    claims: { ...rule.claims },
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}
