import {
  CodedError,
  errorsOf,
  type Fetch,
  type FetchResponse,
  isCoded,
  messageOf,
  Secret,
} from '@waybill/core';
import { Fields, fromBase64, type Json, parseJson } from '@waybill/core/bytes';

export type OidcCode = 'oidc_unreachable' | 'oidc_refused' | 'oidc_protocol';

const oidcError = errorsOf<OidcCode>();

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
  readonly fetch?: Fetch;
}

export interface IdentityToken {
  readonly jwt: Secret<string>;
  /** The `sub` claim, which a client signs as proof of possession; read, not verified. */
  readonly subject: string;
  readonly expiresInSeconds: number;
}

/**
 * Turns an API token into a short-lived ID token by which a pipeline signs keyless (RFC 8693).
 * Throws `oidc_unreachable`, `oidc_refused` (with the server's reason), `oidc_protocol`.
 */
export async function exchangeToken(input: ExchangeTokenInput): Promise<IdentityToken> {
  const endpoint = new URL('/oidc/token', input.url);
  const response = await post(endpoint, input);
  const body = await readBody(response, endpoint);
  if (!response.ok) throw refused(response.status, body);
  return reading(endpoint, () => {
    const jwt = body.string('access_token');
    return Object.freeze({
      jwt: new Secret(jwt),
      subject: subjectOf(jwt),
      expiresInSeconds: body.integer('expires_in'),
    });
  });
}

function formOf(input: ExchangeTokenInput): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: input.token.reveal(),
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    requested_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    audience: input.audience ?? 'sigstore',
    ...(input.workflow ? { scope: `workflow:${input.workflow.project}/${input.workflow.name}` } : {}),
  });
}

async function post(endpoint: URL, input: ExchangeTokenInput): Promise<FetchResponse> {
  try {
    // A redirect would carry the API token to another address.
    return await (input.fetch ?? fetch)(endpoint, {
      method: 'POST',
      body: formOf(input),
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(input.timeoutMs ?? 30_000),
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
  let text: string;
  try {
    text = await response.text();
  } catch (cause) {
    throw oidcError('oidc_unreachable', `${endpoint.origin}: the answer broke off (${messageOf(cause)})`, {
      cause,
    });
  }
  return reading(
    endpoint,
    () => new Fields(parseJson(text, 'token answer', { maxBytes: 100_000 }), 'token answer'),
  );
}

function refused(status: number, body: Fields): CodedError<OidcCode> {
  const text = (value: Json | undefined) => (typeof value === 'string' ? value : undefined);
  const error = text(body.raw('error')) ?? text(body.raw('code')) ?? String(status);
  const description = text(body.raw('error_description')) ?? text(body.raw('detail')) ?? 'no reason given';
  return oidcError('oidc_refused', `the server issued no identity token (${error}): ${description}`, {
    detail: { status },
  });
}

function subjectOf(jwt: string): string {
  const claims = parseJson(fromBase64(jwt.split('.')[1] ?? '', 'identity token'), 'identity token');
  return new Fields(claims, 'identity token').string('sub');
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
