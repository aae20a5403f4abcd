import { type CodedError, type Fetch, type FetchResponse, isCoded, messageOf, Secret } from '@waybill/core';
import { Fields, type Json, parseJson, readAtMost } from '@waybill/core/bytes';
import { type OidcCode, oidcError } from './errors.ts';
import { claimsOf, type IdentityToken } from './identity-token.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const MAX_ANSWER_BYTES = 100_000;

export interface ExchangeTokenInput {
  /** Origin of the Waybill server, e.g. `http://127.0.0.1:7070`. */
  readonly url: string;
  /** The API token. */
  readonly token: Secret<string>;
  /** `sigstore` unless told. */
  readonly audience?: string;
  /** Chooses the workflow where the API token reaches more than one. */
  readonly workflow?: { readonly project: string; readonly name: string };
  readonly timeoutMs?: number;
  /** The built-in `fetch` unless told. */
  readonly fetch?: Fetch | undefined;
}

export interface ExchangedToken extends IdentityToken {
  readonly expiresInSeconds: number;
}

/**
 * Turns an API token into a short-lived ID token by which a pipeline signs keyless (RFC 8693).
 * Throws `oidc_unreachable`, `oidc_refused` (with the server's reason), `oidc_protocol`.
 */
export async function exchangeToken(input: ExchangeTokenInput): Promise<ExchangedToken> {
  const { endpoint, body } = await exchange(input, formOf(input));
  return reading(endpoint, () => {
    const jwt = body.string('access_token');
    return Object.freeze({
      jwt: new Secret(jwt),
      subject: claimsOf(jwt).string('sub'),
      expiresInSeconds: body.integer('expires_in'),
    });
  });
}

export interface ExchangePipelineTokenInput {
  readonly url: string;
  /** What the CI system gave to this job. */
  readonly jwt: Secret<string>;
  readonly workflow: { readonly organization: string; readonly project: string; readonly name: string };
  readonly timeoutMs?: number;
  /** The built-in `fetch` unless told. */
  readonly fetch?: Fetch | undefined;
}

/**
 * Turns a pipeline's own token into one that is good where an API token is, for as long as a command takes. Throws as
 * `exchangeToken`.
 */
export async function exchangePipelineToken(
  input: ExchangePipelineTokenInput,
): Promise<{ readonly token: Secret<string>; readonly expiresInSeconds: number }> {
  const { organization, project, name } = input.workflow;
  const form = new URLSearchParams({
    grant_type: GRANT,
    subject_token: input.jwt.reveal(),
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    scope: `workflow:${organization}/${project}/${name}`,
  });
  const { endpoint, body } = await exchange(input, form);
  return reading(endpoint, () =>
    Object.freeze({
      token: new Secret(body.string('access_token')),
      expiresInSeconds: body.integer('expires_in'),
    }),
  );
}

type Where = Pick<ExchangeTokenInput, 'url' | 'fetch' | 'timeoutMs'>;

async function exchange(
  where: Where,
  form: URLSearchParams,
): Promise<{ readonly endpoint: URL; readonly body: Fields }> {
  const endpoint = new URL('/oidc/token', where.url);
  const response = await post(endpoint, where, form);
  const body = await readBody(response, endpoint);
  if (!response.ok) throw refused(response.status, body);
  return { endpoint, body };
}

function formOf(input: ExchangeTokenInput): URLSearchParams {
  return new URLSearchParams({
    grant_type: GRANT,
    subject_token: input.token.reveal(),
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    requested_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    audience: input.audience ?? 'sigstore',
    ...(input.workflow ? { scope: `workflow:${input.workflow.project}/${input.workflow.name}` } : {}),
  });
}

async function post(endpoint: URL, where: Where, form: URLSearchParams): Promise<FetchResponse> {
  try {
    // A redirect would carry the token to another address.
    return await (where.fetch ?? fetch)(endpoint, {
      method: 'POST',
      body: form,
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(where.timeoutMs ?? 30_000),
    });
  } catch (cause) {
    const reason = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
    throw oidcError(
      'oidc_unreachable',
      `no answer from ${endpoint.origin} (${reason || 'connection failed'}): is the server running, and is its URL right?`,
      { cause },
    );
  }
}

async function readBody(response: FetchResponse, endpoint: URL): Promise<Fields> {
  let bytes: Uint8Array;
  try {
    bytes = await readAtMost(response.body ?? [], MAX_ANSWER_BYTES, () =>
      oidcError('oidc_protocol', `${endpoint.href} sent more than any token: is this a Waybill server?`),
    );
  } catch (cause) {
    if (isCoded(cause)) throw cause;
    throw oidcError('oidc_unreachable', `${endpoint.origin}: the answer broke off (${messageOf(cause)})`, {
      cause,
    });
  }
  return reading(
    endpoint,
    () => new Fields(parseJson(bytes, 'token answer', { maxBytes: MAX_ANSWER_BYTES }), 'token answer'),
  );
}

function refused(status: number, body: Fields): CodedError<OidcCode> {
  const text = (value: Json | undefined) => (typeof value === 'string' ? value : undefined);
  const error = text(body.raw('error')) ?? text(body.raw('code')) ?? String(status);
  const description = text(body.raw('error_description')) ?? text(body.raw('detail')) ?? 'no reason given';
  return oidcError('oidc_refused', `the server exchanged no token (${error}): ${description}`, {
    detail: { status },
  });
}

function reading<T>(endpoint: URL, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    const where = `${endpoint.origin}${endpoint.pathname}`;
    throw oidcError('oidc_protocol', `${where}: ${cause.message}; is this a Waybill server?`, { cause });
  }
}
