import { type Fetch, type FetchBody, type FetchInit, isCoded, messageOf } from '@waybill/core';
import { Fields, parseJson } from '@waybill/core/bytes';
import { isRegistry } from '@waybill/core/oci';
import { type Challenge, parseChallenges } from './challenge.ts';
import { basicHeader, type Credentials } from './credentials.ts';
import { ociClientError } from './errors.ts';
import { readAtMost, Stall } from './transfer.ts';

export interface ConnectOptions {
  readonly credentials?: Credentials | undefined;
  /** Longest wait for an answer, and for the next piece of a body. */
  readonly timeoutMs?: number;
  /** Plain HTTP; by itself only for localhost and the loopback addresses. */
  readonly plainHttp?: boolean;
  /** The built-in `fetch` unless told. */
  readonly fetch?: Fetch;
}

/** One registry, with the tokens got so far. */
export interface Connection {
  readonly registry: string;
  readonly origin: string;
  readonly credentials: Credentials | undefined;
  readonly timeoutMs: number;
  readonly fetch: Fetch;
  readonly tokens: Map<string, { readonly authorization: string; readonly goodUntilMs: number }>;
}

export interface OciRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the origin, or a Location that the registry gave. */
  readonly url: string;
  readonly repository: string;
  readonly actions: 'pull' | 'pull,push';
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each try. */
  readonly body?: () => Uint8Array | AsyncIterable<Uint8Array>;
}

/** An answer whose body MUST be read through `stall.watch`, or given up by `stall.end`. */
export interface OciResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: FetchBody | null;
  readonly stall: Stall;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_TOKEN_BYTES = 256 * 1024;
// distribution "Token Authentication": without expires_in a token lives for 60 seconds.
const DEFAULT_TOKEN_SECONDS = 60;

/** `registry` is host and port; nothing is sent yet. Throws `oci_client_config_invalid`. */
export function connect(registry: string, options: ConnectOptions = {}): Connection {
  if (!isRegistry(registry)) {
    throw ociClientError(
      'oci_client_config_invalid',
      `registry ${JSON.stringify(registry.slice(0, 100))}: expected host or host:port`,
    );
  }
  const plain = options.plainHttp ?? /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(registry);
  return Object.freeze({
    registry,
    origin: `${plain ? 'http' : 'https'}://${registry}`,
    credentials: options.credentials,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    fetch: options.fetch ?? fetch,
    tokens: new Map(),
  });
}

/**
 * Sends a request; answers a 401 once with the token or the password that it asks for. Statuses other than those
 * of `expected` throw `oci_client_unauthorized`, `…_denied`, `…_not_found`, `…_refused` or `…_unavailable`.
 */
export async function send(
  connection: Connection,
  request: OciRequest,
  expected: readonly number[],
): Promise<OciResponse> {
  const key = `${request.repository}:${request.actions}`;
  let response = await fetchOnce(connection, request, cachedAuthorization(connection, key));
  if (response.status === 401) response = await authorized(connection, request, { key, refused: response });
  if (expected.includes(response.status)) return response;
  throw await failure(connection, request, response);
}

/** The answer to the same request with what the 401 asks for; the 401 itself when we have nothing to give. */
async function authorized(
  connection: Connection,
  request: OciRequest,
  { key, refused }: { readonly key: string; readonly refused: OciResponse },
): Promise<OciResponse> {
  let authorization: string | undefined;
  try {
    const challenges = parseChallenges(refused.headers.get('www-authenticate') ?? '');
    authorization = await answerChallenge(connection, challenges, { key, request });
  } catch (error) {
    await discard(refused);
    throw error;
  }
  if (authorization === undefined) return refused;
  await discard(refused);
  return fetchOnce(connection, request, authorization);
}

/** Gives up a body that nobody wants. */
export async function discard(response: OciResponse): Promise<void> {
  response.stall.end();
  await response.body?.cancel();
}

async function fetchOnce(
  connection: Connection,
  request: OciRequest,
  authorization: string | undefined,
): Promise<OciResponse> {
  const url = new URL(request.url, connection.origin);
  const stall = new Stall(connection.timeoutMs);
  const body = request.body?.();
  // A Location may lie on another host: what proves who we are stays with the registry.
  const own = url.origin === connection.origin && authorization !== undefined;
  const headers = { ...request.headers, ...(own ? { authorization } : {}) };
  try {
    const response = await connection.fetch(url, {
      method: request.method,
      headers,
      signal: stall.signal,
      ...(body === undefined ? {} : bodyInit(body, stall)),
    });
    return { status: response.status, headers: response.headers, body: response.body, stall };
  } catch (cause) {
    stall.end();
    throw unreachable(connection, stall, cause);
  }
}

function bodyInit(body: Uint8Array | AsyncIterable<Uint8Array>, stall: Stall): FetchInit {
  if (body instanceof Uint8Array) return { body: body as Uint8Array<ArrayBuffer> };
  // With any other redirect mode and window the built-in fetch clones the request, and keeps its whole stream in memory.
  const unbuffered = { redirect: 'error' as const, window: null };
  return { body: ReadableStream.from(stall.watch(body)), duplex: 'half', ...unbuffered };
}

function cachedAuthorization(connection: Connection, key: string): string | undefined {
  const token = connection.tokens.get(key);
  return token && token.goodUntilMs > performance.now() ? token.authorization : undefined;
}

async function answerChallenge(
  connection: Connection,
  challenges: readonly Challenge[],
  wanted: { readonly key: string; readonly request: OciRequest },
): Promise<string | undefined> {
  const bearer = challenges.find(
    (challenge) => challenge.scheme === 'bearer' && challenge.parameters['realm'],
  );
  if (bearer !== undefined) return fetchToken(connection, bearer, wanted);
  const basic = challenges.some((challenge) => challenge.scheme === 'basic');
  if (!basic || connection.credentials === undefined) return undefined;
  const authorization = basicHeader(connection.credentials);
  connection.tokens.set(wanted.key, { authorization, goodUntilMs: Number.POSITIVE_INFINITY });
  return authorization;
}

/** distribution "Token Authentication": GET the realm with service and scope, with the password if there is one. */
async function fetchToken(
  connection: Connection,
  bearer: Challenge,
  wanted: { readonly key: string; readonly request: OciRequest },
): Promise<string> {
  const url = realmUrl(connection, bearer.parameters['realm'] ?? '');
  const service = bearer.parameters['service'];
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', `repository:${wanted.request.repository}:${wanted.request.actions}`);
  const { credentials, timeoutMs } = connection;
  const askedAtMs = performance.now();
  const stall = new Stall(timeoutMs);
  try {
    const response = await connection.fetch(url, {
      headers: credentials === undefined ? {} : { authorization: basicHeader(credentials) },
      signal: stall.signal,
    });
    if (response.status !== 200) throw tokenRefused(connection, url, response.status);
    const answer = new Fields(
      parseJson(await readAtMost(stall.watch(response.body ?? []), MAX_TOKEN_BYTES), 'token answer'),
      'token answer',
    );
    const token = answer.optionalString('token') ?? answer.string('access_token');
    const lifeSeconds = answer.optionalInteger('expires_in') ?? DEFAULT_TOKEN_SECONDS;
    const authorization = `Bearer ${token}`;
    // Used for four fifths of its life, so that it does not end on its way.
    connection.tokens.set(wanted.key, { authorization, goodUntilMs: askedAtMs + lifeSeconds * 800 });
    return authorization;
  } catch (cause) {
    if (isCoded(cause, 'oci_client_unauthorized', 'oci_client_unavailable', 'oci_client_timeout'))
      throw cause;
    if (isCoded(cause))
      throw protocol(connection, `its token answer is not usable (${cause.message})`, cause);
    throw unreachable(connection, stall, cause);
  } finally {
    stall.end();
  }
}

/** The password goes where the registry says; never in the clear when the registry itself is not. */
function realmUrl(connection: Connection, realm: string): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  const secure =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && connection.origin.startsWith('http:'));
  if (url === undefined || !secure) {
    throw protocol(
      connection,
      `it sends us for a token to ${JSON.stringify(realm.slice(0, 200))}, which is no https URL`,
    );
  }
  return url;
}

function tokenRefused(connection: Connection, url: URL, status: number): Error {
  if (status === 401 || status === 403) {
    const how =
      connection.credentials === undefined ? 'No credentials were given' : 'The credentials were refused';
    return ociClientError(
      'oci_client_unauthorized',
      `${how} at ${url.origin} for registry ${connection.registry}: sign in with a user name and password or token.`,
    );
  }
  return ociClientError(
    'oci_client_unavailable',
    `The token service ${url.origin} answered ${status}: try again.`,
  );
}

async function failure(connection: Connection, request: OciRequest, response: OciResponse): Promise<Error> {
  const { reason, said } = await reasonOf(response);
  const what = `${request.method} ${request.repository} at ${connection.registry}`;
  const options = { detail: { status: response.status, reason } };
  switch (response.status) {
    case 401:
      return ociClientError('oci_client_unauthorized', `${what}: not signed in${said}`, options);
    case 403:
      return ociClientError('oci_client_denied', `${what}: not allowed${said}`, options);
    case 404:
      return ociClientError('oci_client_not_found', `${what}: not found${said}`, options);
    default:
      return response.status >= 500 || response.status === 429
        ? ociClientError(
            'oci_client_unavailable',
            `${what}: the registry answered ${response.status}${said}`,
            options,
          )
        : ociClientError('oci_client_refused', `${what}: refused with ${response.status}${said}`, options);
  }
}

const SAID_NOTHING = { reason: '', said: '' };

/** The first of distribution-spec "Error Codes", and as `: CODE message`; nothing when there is none. */
async function reasonOf(response: OciResponse): Promise<{ readonly reason: string; readonly said: string }> {
  try {
    const bytes = await readAtMost(response.stall.watch(response.body ?? []), MAX_ERROR_BYTES);
    const [first] = new Fields(parseJson(bytes, 'error'), 'error').objects('errors');
    if (first === undefined) return SAID_NOTHING;
    const reason = first.optionalString('code') ?? '';
    const message = `${reason} ${first.optionalString('message') ?? ''}`
      .trim()
      .replaceAll(/\p{Cc}/gu, ' ')
      .slice(0, 500);
    return { reason, said: `: ${message}` };
  } catch {
    // The status alone has to do: an error page that is no OCI error says nothing we could rely on.
    return SAID_NOTHING;
  } finally {
    response.stall.end();
  }
}

export function protocol(connection: Connection, why: string, cause?: unknown): Error {
  return ociClientError(
    'oci_client_protocol',
    `Registry ${connection.registry} breaks the OCI protocol: ${why}.`,
    {
      cause,
    },
  );
}

export function unreachable(connection: Connection, stall: Stall, cause: unknown): Error {
  // What our own side of the exchange found (a file that changed, too many bytes) arrives wrapped by fetch.
  const own = [cause, (cause as { cause?: unknown }).cause].find((error) => isCoded(error));
  if (own !== undefined) return own;
  if (stall.timedOut) {
    return ociClientError(
      'oci_client_timeout',
      `Registry ${connection.registry} did not answer for ${connection.timeoutMs / 1000} s: try again.`,
      { cause },
    );
  }
  const why = messageOf((cause as Error).cause ?? cause);
  return ociClientError(
    'oci_client_unavailable',
    `Registry ${connection.registry} cannot be reached (${why}): is it running, and is its name right? Nothing is lost, so the same command can be run again.`,
    { cause },
  );
}
