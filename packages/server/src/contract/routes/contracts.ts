import { AppliedContract, ApplyContract, ContractDetail, ContractList, RevisionNumber } from '@waybill/api';
import { Type } from 'typebox';
import type { App } from '../../ground/index.ts';
import type { Who } from '../../identity/index.ts';
import { applyContract } from '../apply-contract.ts';
import { type DescribedContract, describeContract, listContracts } from '../contracts.ts';
import { deleteContract } from '../delete-contract.ts';
import type { ContractDeps } from '../deps.ts';
import type { ContractSummaryRow } from '../queries/contracts.ts';

const TAGS = ['contracts'];

/** `/waybill/v1/contracts`. */
export function contractPaths(app: App, deps: ContractDeps, who: Who): void {
  app.post(
    '/waybill/v1/contracts',
    {
      schema: {
        tags: TAGS,
        summary: 'Create a contract or its next revision',
        body: ApplyContract,
        response: { 200: AppliedContract },
      },
    },
    async (request) => {
      const principal = who(request);
      const { activatesAt, ...body } = request.body;
      const applied = await applyContract(deps, principal, {
        ...body,
        ...(activatesAt === undefined ? {} : { activatesAt: new Date(activatesAt) }),
        requestId: request.id,
      });
      return {
        ...applied,
        activatesAt: applied.activatesAt?.toISOString() ?? null,
        warnings: [...applied.warnings],
      };
    },
  );
  app.get(
    '/waybill/v1/contracts',
    { schema: { tags: TAGS, summary: 'List contracts', response: { 200: ContractList } } },
    async (request) => {
      const principal = who(request);
      return { contracts: (await listContracts(deps, principal)).map(presentSummary) };
    },
  );
  byName(app, deps, who);
}

function byName(app: App, deps: ContractDeps, who: Who): void {
  app.get(
    '/waybill/v1/contracts/:name',
    {
      schema: {
        tags: TAGS,
        summary: 'One revision of a contract, the newest unless told',
        // Any text: a name of the wrong form is as unknown as any other.
        params: Type.Object({ name: Type.String() }),
        querystring: Type.Object({
          revision: Type.Optional(RevisionNumber),
        }),
        response: { 200: ContractDetail },
      },
    },
    async (request) => {
      const principal = who(request);
      const { name } = request.params;
      return presentDetail(
        await describeContract(deps, principal, { name, revision: request.query.revision }),
      );
    },
  );
  app.delete(
    '/waybill/v1/contracts/:name',
    {
      schema: {
        tags: TAGS,
        summary: 'Take a contract that no workflow owes off the lists; its revisions stay',
        params: Type.Object({ name: Type.String() }),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      await deleteContract(deps, who(request), { name: request.params.name, requestId: request.id });
      reply.code(204);
      return null;
    },
  );
}

function presentSummary(row: ContractSummaryRow) {
  const { createdAt, activatesAt, ...rest } = row;
  return { ...rest, activatesAt: timeOf(activatesAt), updatedAt: createdAt.toISOString() };
}

function presentDetail(found: DescribedContract) {
  return {
    ...found,
    description: found.contract.description,
    createdAt: found.createdAt.toISOString(),
    activatesAt: timeOf(found.activatesAt),
    archivedAt: timeOf(found.archivedAt),
    revisions: found.revisions.map((row) => ({
      ...row,
      createdAt: row.createdAt.toISOString(),
      activatesAt: timeOf(row.activatesAt),
    })),
  };
}

function timeOf(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
