import { CreatedToken, CreateRobotAccount, RotateRobotAccount, TokenList } from '@waybill/api';
import { Type } from 'typebox';
import type { App } from '../../ground/index.ts';
import {
  createRobotAccount,
  type IdentityDeps,
  listRobotAccounts,
  presentToken,
  revokeRobotAccount,
  rotateRobotAccount,
  type Who,
} from '../../identity/index.ts';
import type { ContractDeps } from '../deps.ts';
import { describeWorkflow } from '../workflows.ts';

const PATH = '/waybill/v1/workflows/:project/:name/robot-accounts';
const TAGS = ['identity'];
// Any text: a name of the wrong form is as unknown as any other.
const OfWorkflow = Type.Object({ project: Type.String(), name: Type.String() });
const OfAccount = Type.Object({ project: Type.String(), name: Type.String(), account: Type.String() });

/** Room identity knows tokens and no workflows: that the workflow is there is found out here. */
export function robotAccountPaths(
  app: App,
  deps: ContractDeps & { readonly identity: IdentityDeps },
  who: Who,
): void {
  app.post(
    PATH,
    {
      schema: {
        tags: TAGS,
        summary: 'Create a robot account of a workflow',
        params: OfWorkflow,
        body: CreateRobotAccount,
        response: { 201: CreatedToken },
      },
    },
    async (request, reply) => {
      const principal = who(request);
      await describeWorkflow(deps, principal, request.params);
      const input = { ...request.body, workflow: workflowOf(request.params), requestId: request.id };
      const created = await createRobotAccount(deps.identity, principal, input);
      reply.code(201).header('cache-control', 'no-store');
      return { token: presentToken(created.token), secret: created.secret.reveal() };
    },
  );
  app.get(
    PATH,
    {
      schema: {
        tags: TAGS,
        summary: 'List the robot accounts of a workflow, newest first',
        params: OfWorkflow,
        response: { 200: TokenList },
      },
    },
    async (request) => {
      const principal = who(request);
      await describeWorkflow(deps, principal, request.params);
      const rows = await listRobotAccounts(deps.identity, principal, workflowOf(request.params));
      return { tokens: rows.map(presentToken) };
    },
  );
  accountPaths(app, deps.identity, who);
}

function accountPaths(app: App, identity: IdentityDeps, who: Who): void {
  app.delete(
    `${PATH}/:account`,
    {
      schema: {
        tags: TAGS,
        summary: 'Revoke a robot account, by name or id',
        params: OfAccount,
        response: { 204: Type.Null({ description: 'It is revoked' }) },
      },
    },
    async (request, reply) => {
      const { account } = request.params;
      const input = { account, workflow: workflowOf(request.params), requestId: request.id };
      await revokeRobotAccount(identity, who(request), input);
      return reply.code(204).send(null);
    },
  );
  app.post(
    `${PATH}/:account/rotate`,
    {
      schema: {
        tags: TAGS,
        summary: 'Give a robot account a new secret',
        params: OfAccount,
        body: RotateRobotAccount,
        response: { 201: CreatedToken },
      },
    },
    async (request, reply) => {
      const { account } = request.params;
      const input = { ...request.body, account, workflow: workflowOf(request.params), requestId: request.id };
      const created = await rotateRobotAccount(identity, who(request), input);
      reply.code(201).header('cache-control', 'no-store');
      return { token: presentToken(created.token), secret: created.secret.reveal() };
    },
  );
}

function workflowOf({ project, name }: { readonly project: string; readonly name: string }) {
  return { project, workflow: name };
}
