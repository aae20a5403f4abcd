import { CodedError } from '@waybill/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { GROUND_PROBLEMS, retryAfterOf } from '../../ground/index.ts';
import { REGISTRY_PROBLEMS } from '../errors.ts';
import { challenge } from './authorization.ts';
import { type Kind, splitPath } from './call.ts';

interface Answer {
  readonly status: number;
  readonly oci: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Writes any error as the JSON of distribution-spec "Error Codes"; our own code stands in `detail.code`. */
export function presentError(
  publicUrl: string,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const answer = answerTo(error);
  if (answer.status >= 500) request.log.error({ err: error }, 'registry request failed');
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  if (answer.status === 401) reply.header('www-authenticate', challengeTo(publicUrl, error, request));
  // What the client still sends of a refused body is not read to its end.
  if (answer.status === 413) reply.header('connection', 'close');
  const { oci: code, message, detail } = answer;
  return reply
    .code(answer.status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify({ errors: [{ code, message, detail }] }));
}

function answerTo(error: unknown): Answer {
  if (!(error instanceof CodedError)) return framework(error);
  const { code, message } = error;
  const detail = { ...error.detail, code };
  if (Object.hasOwn(REGISTRY_PROBLEMS, code)) {
    const { status, oci } = REGISTRY_PROBLEMS[code as keyof typeof REGISTRY_PROBLEMS];
    return { status, oci, message, detail };
  }
  if (code === 'identity_forbidden') return { status: 403, oci: 'DENIED', message, detail };
  if (code.startsWith('identity_')) return { status: 401, oci: 'UNAUTHORIZED', message, detail };
  if (code === 'store_not_found') return { status: 404, oci: 'BLOB_UNKNOWN', message, detail };
  if (code === 'rate_limited') return { status: 429, oci: 'TOOMANYREQUESTS', message, detail };
  if (Object.hasOwn(GROUND_PROBLEMS, code)) {
    const { status } = GROUND_PROBLEMS[code as keyof typeof GROUND_PROBLEMS];
    if (status !== 500) return { status, oci: status < 500 ? 'UNSUPPORTED' : 'UNKNOWN', message, detail };
  }
  return internal();
}

/** Fastify's own errors have a status; anything else is ours and says nothing. */
function framework(error: unknown): Answer {
  const { statusCode, message } = error as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return internal();
  return {
    status: statusCode,
    oci: 'UNSUPPORTED',
    message: String(message),
    detail: { code: 'request_invalid' },
  };
}

function internal(): Answer {
  return {
    status: 500,
    oci: 'UNKNOWN',
    message: 'The registry failed; its log says why.',
    detail: { code: 'internal' },
  };
}

function challengeTo(publicUrl: string, error: unknown, request: FastifyRequest): string {
  const path = splitPath(request.raw.url ?? '');
  const scope =
    path === null
      ? null
      : { repository: scopeName(path.repository), actions: actionsFor(path.kind, request.method) };
  if (!(error instanceof CodedError) || request.headers.authorization === undefined)
    return challenge(publicUrl, scope);
  return challenge(
    publicUrl,
    scope,
    error.code === 'registry_unauthorized' ? 'insufficient_scope' : 'invalid_token',
  );
}

// The name comes from a stranger's URL and goes into a quoted header.
function scopeName(repository: string): string {
  return repository.replace(/[^a-z0-9._/-]/g, '');
}

/** Also looking at an upload is part of a push. */
function actionsFor(kind: Kind, method: string): string {
  if (method === 'DELETE' && kind !== 'upload') return 'pull,push,delete';
  return kind === 'upload' || (method !== 'GET' && method !== 'HEAD') ? 'pull,push' : 'pull';
}
