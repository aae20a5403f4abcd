import { AddKey, Key, KeyList, RevokeKey, RotateKey } from '@waybill/api';
import { Type } from 'typebox';
import type { App } from '../../ground/index.ts';
import type { IdentityDeps } from '../deps.ts';
import { revokeKey, rotateKey } from '../end-key.ts';
import { addKey, listKeys, removeKey } from '../keys.ts';
import type { KeyRow } from '../queries/keys.ts';
import type { Who } from './sign-in.ts';

const TAGS = ['identity'];
const params = Type.Object({ name: Type.String() });

export function keyRoutes(app: App, deps: IdentityDeps, who: Who): void {
  app.post(
    '/waybill/v1/keys',
    { schema: { tags: TAGS, summary: 'Register a public key', body: AddKey, response: { 201: Key } } },
    async (request, reply) => {
      const principal = who(request);
      const key = await addKey(deps, principal, { ...request.body, requestId: request.id });
      reply.code(201);
      return presentKey(key);
    },
  );
  app.get(
    '/waybill/v1/keys',
    { schema: { tags: TAGS, summary: 'List registered public keys', response: { 200: KeyList } } },
    async (request) => {
      const principal = who(request);
      return { keys: (await listKeys(deps, principal)).map(presentKey) };
    },
  );
  app.delete(
    '/waybill/v1/keys/:name',
    {
      schema: {
        tags: TAGS,
        summary: 'Remove a public key',
        params,
        response: { 204: Type.Null({ description: 'It is removed' }) },
      },
    },
    async (request, reply) => {
      const principal = who(request);
      await removeKey(deps, principal, { name: request.params.name, requestId: request.id });
      return reply.code(204).send(null);
    },
  );
  endRoutes(app, deps, who);
}

function endRoutes(app: App, deps: IdentityDeps, who: Who): void {
  app.post(
    '/waybill/v1/keys/:name/rotate',
    {
      schema: {
        tags: TAGS,
        summary: 'Give a public key a successor under its name',
        params,
        body: RotateKey,
        response: { 201: Key },
      },
    },
    async (request, reply) => {
      const principal = who(request);
      const input = { ...request.params, ...request.body, requestId: request.id };
      reply.code(201);
      return presentKey(await rotateKey(deps, principal, input));
    },
  );
  app.post(
    '/waybill/v1/keys/:name/revoke',
    {
      schema: { tags: TAGS, summary: 'Revoke a public key', params, body: RevokeKey, response: { 200: Key } },
    },
    async (request) => {
      const principal = who(request);
      const { since, ...body } = request.body;
      const input = { ...request.params, ...body, requestId: request.id };
      const from = since === undefined ? {} : { since: new Date(since) };
      return presentKey(await revokeKey(deps, principal, { ...input, ...from }));
    },
  );
}

function presentKey(key: KeyRow): Key {
  return {
    name: key.name,
    publicKey: key.publicKey,
    fingerprint: key.fingerprint,
    reference: key.reference,
    createdAt: key.createdAt.toISOString(),
    validUntil: key.validUntil?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
    revocation: key.revocation,
    compromisedSince: key.compromisedSince?.toISOString() ?? null,
  };
}
