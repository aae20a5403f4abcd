import { AddIssuer, Issuer, IssuerList, IssuerPresets } from '@waybill/api';
import { Type } from 'typebox';
import type { App } from '../../ground/index.ts';
import { type IdentityDeps, signInFirst, type Who } from '../../identity/index.ts';
import { PRESETS } from '../issuers/kinds.ts';
import { addIssuer, type IssuerListDeps, listIssuers, removeIssuer } from '../issuers/list-issuers.ts';
import type { IssuerRow } from '../queries.ts';

const TAGS = ['trust'];
const PATH = '/waybill/v1/trust/issuers';

/** `/waybill/v1/trust/issuers`: whose tokens sign under names of this server. */
export function issuerRoutes(
  deps: IssuerListDeps & { readonly identity: IdentityDeps },
): (app: App) => Promise<void> {
  return async (app) => {
    const who = signInFirst(app, deps.identity);
    changeRoutes(app, deps, who);
    readRoutes(app, deps, who);
  };
}

function changeRoutes(app: App, deps: IssuerListDeps, who: Who): void {
  app.post(
    PATH,
    {
      schema: {
        tags: TAGS,
        summary: 'Let tokens of an issuer sign',
        body: AddIssuer,
        response: { 201: Issuer },
      },
    },
    async (request, reply) => {
      const { url, kind, subjectDomain = '', trustDomain = '' } = request.body;
      const choice = { url, kind, subjectDomain, trustDomain };
      const row = await addIssuer(deps, who(request), { choice, requestId: request.id });
      reply.code(201);
      return present(row);
    },
  );
  app.delete(
    `${PATH}/:url`,
    {
      schema: {
        tags: TAGS,
        summary: 'Take an issuer off the list',
        params: Type.Object({ url: Type.String() }),
        response: { 204: Type.Null({ description: 'Its tokens sign no more' }) },
      },
    },
    async (request, reply) => {
      await removeIssuer(deps, who(request), { url: request.params.url, requestId: request.id });
      return reply.code(204).send(null);
    },
  );
}

function readRoutes(app: App, deps: IssuerListDeps, who: Who): void {
  app.get(
    PATH,
    {
      schema: {
        tags: TAGS,
        summary: 'List the issuers whose tokens may sign',
        response: { 200: IssuerList },
      },
    },
    async (request) => ({ issuers: (await listIssuers(deps, who(request))).map(present) }),
  );
  app.get(
    `${PATH}/presets`,
    {
      schema: {
        tags: TAGS,
        summary: 'Well-known issuers; none is listed by itself',
        response: { 200: IssuerPresets },
      },
    },
    async () => ({ presets: [...PRESETS] }),
  );
}

function present(row: IssuerRow): Issuer {
  return {
    url: row.url,
    kind: row.kind,
    ...(row.subjectDomain === '' ? {} : { subjectDomain: row.subjectDomain }),
    ...(row.trustDomain === '' ? {} : { trustDomain: row.trustDomain }),
    createdAt: row.createdAt.toISOString(),
  };
}
