import { CodedError, isCoded, messageOf } from '@waybill/core';
import { formatClientTrustConfig, formatTrustedRoot } from '@waybill/core/trust';
import { formatPem } from '@waybill/core/x509';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type App, documentAnswer, GROUND_PROBLEMS, retryAfterOf } from '../ground/index.ts';
import { acceptTimestampRequest, saidOf } from './accept-timestamp-request.ts';
import { TRUST_PROBLEMS } from './errors.ts';
import type { Trust } from './open-trust.ts';
import { parseSigningRequest } from './parse-signing-request.ts';

const BODY_LIMIT_BYTES = 128 * 1024;

/** Fulcio's, the timestamp authority's and the trusted root's routes; why none wants an API token: README.md. */
export function trustRoutes(trust: Trust): (app: App) => Promise<void> {
  return async (app) => {
    await app.register(async (scoped: App) => certificateRoutes(scoped, trust));
    await app.register(async (scoped: App) => timestampRoutes(scoped, trust));
    trustDocumentRoutes(app, trust);
  };
}

/** sigstore/fulcio fulcio.proto behind grpc-gateway: protojson whatever Accept asks for, errors `{code, message, details}`. */
function certificateRoutes(app: App, trust: Trust): void {
  takeAnyBody(app);
  const issuers = trust.certificateChain.map(certificatePem);
  app.setErrorHandler((error, request, reply) => sendGrpcError(error, request, reply));
  app.post(
    '/api/v2/signingCert',
    { schema: { hide: true }, bodyLimit: BODY_LIMIT_BYTES },
    async (request, reply) => {
      const order = parseSigningRequest(bytesOf(request), request.headers.authorization);
      const { leaf } = await trust.issue(order);
      // Clients of Go accept exactly 200.
      return sendJson(reply.code(200), {
        signedCertificateEmbeddedSct: { chain: { certificates: [certificatePem(leaf), ...issuers] } },
      });
    },
  );
  app.get('/api/v2/trustBundle', { schema: { hide: true } }, async (_request, reply) =>
    sendJson(reply, { chains: [{ certificates: issuers }] }),
  );
  app.get('/api/v2/configuration', { schema: { hide: true } }, async (_request, reply) =>
    sendJson(reply, { issuers: await trust.issuers() }),
  );
}

/** sigstore/timestamp-authority openapi.yaml: errors `{code, message}` with the HTTP status as code. */
function timestampRoutes(app: App, trust: Trust): void {
  takeAnyBody(app);
  app.setErrorHandler((error, request, reply) => {
    const { status, message } = seen(error, request, reply);
    return sendJson(reply.code(status), {
      code: status,
      message: status === 400 ? saidOf(error, message) : message,
    });
  });
  app.post(
    '/api/v1/timestamp',
    { schema: { hide: true }, bodyLimit: BODY_LIMIT_BYTES },
    async (request, reply) => {
      const body = bytesOf(request);
      // The number is upstream's, for a request that its frame finds incomplete.
      if (body.length === 0)
        return sendJson(reply.code(422), { code: 602, message: 'request in body is required' });
      const answer = await trust.answerTimestamp(
        acceptTimestampRequest(request.headers['content-type'], body),
      );
      // Not 201, as upstream before 2.0: Sigstore's clients take both, other clients of RFC 3161 nothing but this.
      return reply.code(200).type('application/timestamp-reply').send(answer);
    },
  );
  app.get('/api/v1/timestamp/certchain', { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/pem-certificate-chain').send(trust.timestampChain.map(certificatePem).join('')),
  );
}

function trustDocumentRoutes(app: App, trust: Trust): void {
  const tags = ['trust'];
  app.get(
    '/waybill/v1/trust/trusted-root',
    {
      schema: {
        tags,
        summary: 'Who signs, logs and dates here: trusted_root.json of Sigstore',
        response: { 200: documentAnswer('application/json', 'trusted_root.json') },
      },
    },
    async (_request, reply) => reply.type('application/json').send(formatTrustedRoot(trust.trustedRoot())),
  );
  app.get(
    '/waybill/v1/trust/signing-config',
    {
      schema: {
        tags,
        summary: 'Where the Sigstore services are: signing_config.v0.2.json',
        response: { 200: documentAnswer('application/json', 'signing_config.v0.2.json') },
      },
    },
    async (_request, reply) => sendJson(reply, trust.signingConfig()),
  );
  app.get(
    '/waybill/v1/trust/client-config',
    {
      schema: {
        tags,
        summary: 'Both in one file: ClientTrustConfig of Sigstore',
        response: { 200: documentAnswer('application/json', 'ClientTrustConfig') },
      },
    },
    async (_request, reply) =>
      reply
        .type('application/json')
        .send(
          formatClientTrustConfig(
            formatTrustedRoot(trust.trustedRoot()),
            JSON.stringify(trust.signingConfig()),
          ),
        ),
  );
}

/** The bytes as they are, whatever type the client claims: each API here has a parser of its own. */
function takeAnyBody(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

function bytesOf(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array();
}

function certificatePem(der: Uint8Array): string {
  return formatPem('CERTIFICATE', der);
}

function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type('application/json').send(JSON.stringify(value));
}

interface Seen {
  readonly code: string;
  readonly status: number;
  readonly message: string;
}

/** What is wrong with the request itself, as core and identity say it. */
const REQUEST_FAULT = /^(shape|json|bytes|x509|crypto|identity_token)_/;

const STATUS: ReadonlyMap<string, number> = new Map(
  Object.entries({ ...GROUND_PROBLEMS, ...TRUST_PROBLEMS }).map(([code, { status }]) => [code, status]),
);

/** What the client may see of an error; the rest stays in the log. */
function seen(error: unknown, request: FastifyRequest, reply: FastifyReply): Seen {
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  const { code, message } = isCoded(error) ? error : frameworkError(error);
  const status = REQUEST_FAULT.test(code) ? 400 : (STATUS.get(code) ?? 500);
  if (status < 500) {
    request.log.info({ code, reason: message }, 'refused');
    return { code, status, message };
  }
  request.log.error({ err: error }, 'request failed');
  if (status === 503) return { code, status, message };
  const text = `something went wrong on our side; the log of the server has the details under request ${request.id}`;
  return { code: 'internal', status, message: text };
}

function frameworkError(error: unknown): CodedError {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new CodedError('request_too_large', `the body is larger than ${BODY_LIMIT_BYTES} bytes`);
  }
  if (statusCode === 415) return new CodedError('request_media_type', 'the Content-Type is not a media type');
  return typeof statusCode === 'number' && statusCode < 500
    ? new CodedError('request_malformed', messageOf(error))
    : new CodedError('internal', 'internal error');
}

/** google.rpc.Code by HTTP status. */
const GRPC_CODES: Readonly<Record<number, number>> = { 413: 8, 429: 8, 503: 14 };
const GRPC_INVALID_ARGUMENT = 3;
const GRPC_INTERNAL = 13;

function sendGrpcError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, status, message } = seen(error, request, reply);
  const details = [
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'waybill.dev' },
  ];
  return sendJson(reply.code(status), {
    code: GRPC_CODES[status] ?? (status < 500 ? GRPC_INVALID_ARGUMENT : GRPC_INTERNAL),
    message,
    details,
  });
}
