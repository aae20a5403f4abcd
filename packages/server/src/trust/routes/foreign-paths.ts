import type { FastifyReply } from 'fastify';
import type { ForeignPaths, UnknownRoute } from '../../ground/index.ts';

/** Paths of Fulcio, Rekor v2 and the timestamp authority: as those themselves answer there, seen by asking them. */
export const FOREIGN_PATHS: readonly ForeignPaths[] = [
  { prefix: '/api/v2/', present: presentAsGrpcGateway },
  { prefix: '/api/v1/', present: presentAsOpenApi },
];

/**
 * grpc-gateway: a method that a path does not take is "unimplemented". It says so with 501; we with 405, as nothing is
 * wrong with the server, and whoever watches it counts what begins with 5.
 */
function presentAsGrpcGateway(reply: FastifyReply, { allowed }: UnknownRoute): FastifyReply {
  return allowed.length === 0
    ? send(reply, 404, { code: 5, message: 'Not Found', details: [] })
    : send(reply, 405, { code: 12, message: 'Method Not Allowed', details: [] });
}

/** go-openapi, by which the timestamp authority is made. */
function presentAsOpenApi(reply: FastifyReply, { method, path, allowed }: UnknownRoute): FastifyReply {
  return allowed.length === 0
    ? send(reply, 404, { code: 404, message: `path ${path} was not found` })
    : send(reply, 405, {
        code: 405,
        message: `method ${method} is not allowed, but [${allowed.join(',')}] are`,
      });
}

function send(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply.code(status).type('application/json').send(JSON.stringify(body));
}
