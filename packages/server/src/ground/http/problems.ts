import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { CodedError, messageOf } from '@waybill/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GROUND_PROBLEMS, type ProblemMap } from '../problems/problems.ts';
import { retryAfterOf } from './rate-limit.ts';

const PROBLEM_TYPE = 'https://waybill.dev/problems/';

/** Codes of Fastify, by their beginning, and ours. What is not listed and below 500 is `request_malformed`. */
const FASTIFY_CODES: readonly (readonly [string, string])[] = [
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'request_too_large'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'request_media_type'],
  ['FST_ERR_NOT_FOUND', 'not_found'],
  ['FST_ERR_REOPENED_CLOSE_SERVER', 'server_stopping'],
];

/** RFC 9457, with our `code` and whatever detail the error has. */
export interface ProblemBody {
  readonly type: string;
  readonly instance: string;
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/** How a client sees the error; what is our own fault is logged with its stack. */
export function problemOf(problems: ProblemMap, error: unknown, request: FastifyRequest): ProblemBody {
  const known = asCoded(error);
  const problem =
    known === null ? undefined : (problems[known.code] ?? GROUND_PROBLEMS[known.code as 'internal']);
  if (known === null || problem === undefined || problem.status >= 500) logFault(error, request);
  const instance = `urn:uuid:${request.id}`;
  // An exception without a mapping may quote anything: its text stays in the log.
  if (known === null || problem === undefined || problem.status === 500) {
    const detail = `something went wrong on our side; the log of the server has the details under request ${request.id}`;
    const { title } = GROUND_PROBLEMS.internal;
    return { type: `${PROBLEM_TYPE}internal`, instance, status: 500, title, code: 'internal', detail };
  }
  const { code, message: detail } = known;
  return { type: `${PROBLEM_TYPE}${code}`, instance, ...known.detail, ...problem, code, detail };
}

/** Answers with application/problem+json. */
export function sendProblem(
  problems: ProblemMap,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const body = problemOf(problems, error, request);
  if (body.status === 401 && !reply.hasHeader('www-authenticate')) {
    reply.header('www-authenticate', 'Bearer realm="waybill"');
  }
  if (body.status === 503 && !reply.hasHeader('retry-after')) reply.header('retry-after', '2');
  const known = asCoded(error);
  const retryAfter = known === null ? undefined : retryAfterOf(known);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  // A URL that the router cannot read comes here without passing the hooks that set this header.
  reply.header('x-request-id', request.id);
  // Our own text, not an object: a route's response schema must not reshape a problem.
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body));
}

declare module 'fastify' {
  interface FastifyRequest {
    /** For a route that answers several things, one of which failed. */
    problemOf(error: unknown): ProblemBody;
  }
}

function asCoded(error: unknown): CodedError | null {
  if (error instanceof CodedError) return error;
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (typeof code !== 'string' || !code.startsWith('FST_') || typeof statusCode !== 'number') return null;
  const ours = FASTIFY_CODES.find(([theirs]) => code === theirs)?.[1];
  if (ours === undefined && statusCode >= 500) return null;
  return new CodedError(ours ?? 'request_malformed', messageOf(error), { cause: error });
}

function logFault(error: unknown, request: FastifyRequest): void {
  // A client that hangs up in the middle of its upload is not a fault of ours.
  if (request.raw.destroyed && !request.raw.complete)
    request.log.info({ err: error }, 'the client went away');
  else request.log.error({ err: error }, 'request failed');
}

const LINGER_MS = 1000;
const SOCKET_DETAILS = {
  request_headers_too_large: 'URL and headers are larger than the server reads: send less',
  request_malformed: 'this is no HTTP request that can be read',
  request_timeout: 'the request did not come in time: send it again',
} as const;

/** Answers on the bare socket, where no reply exists or none can be sent any more, and ends the connection. */
export function endWithProblem(
  socket: Socket,
  code: 'request_headers_too_large' | 'request_malformed' | 'request_timeout',
): void {
  const { status, title } = GROUND_PROBLEMS[code];
  const problem = { type: `${PROBLEM_TYPE}${code}`, status, title, code, detail: SOCKET_DETAILS[code] };
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  // Whoever is still sending would lose the answer to the reset that a closed socket sends back.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
