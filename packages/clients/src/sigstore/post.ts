import { CodedError, errorsOf, type Fetch, type FetchResponse, messageOf } from '@waybill/core';
import { readAtMost } from '@waybill/core/bytes';

/** One trust service: where it is, and how it is reached. */
export interface Service {
  /** What its paths are appended to. */
  readonly url: string;
  /** The built-in `fetch` unless told. */
  readonly fetch?: Fetch | undefined;
}

export type SigstoreCode =
  | 'sigstore_unreachable'
  | 'sigstore_refused'
  | 'sigstore_protocol'
  | 'sigstore_no_authority'
  | 'sigstore_key_not_loggable';

export const sigstoreError = errorsOf<SigstoreCode>();

const TIMEOUT_MS = 30_000;
/** Certificates, timestamps and log entries are a few kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

interface ServiceRequest {
  /** Appended to the service's URL; '' for that URL itself. */
  readonly path: string;
  readonly accept: string;
  /** Sent as JSON; without one it is a GET. */
  readonly body?: unknown;
}

interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: FetchResponse['headers'];
  readonly bytes: Uint8Array;
}

/** One request to a trust service. Throws `sigstore_unreachable`, `sigstore_refused`, `sigstore_protocol`. */
export async function ask(service: Service, request: ServiceRequest): Promise<Uint8Array> {
  const answer = await exchange(service, request);
  if (answer.status < 200 || answer.status > 299) throw refused(answer);
  return answer.bytes;
}

/** The answer whatever its status. Throws `sigstore_unreachable`, `sigstore_protocol`. */
export async function exchange(service: Service, request: ServiceRequest): Promise<Answer> {
  const url = urlOf(service, request.path);
  const { accept, body } = request;
  const json = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  try {
    // A redirect would carry the identity token to another address.
    const {
      status,
      headers,
      body: pieces,
    } = await (service.fetch ?? fetch)(url, {
      ...json,
      headers: { ...type, accept },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const bytes = await readAtMost(pieces ?? [], MAX_ANSWER_BYTES, () => oversized(url));
    return { url, status, headers, bytes };
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    const reason = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
    throw sigstoreError(
      'sigstore_unreachable',
      `no answer from ${url.origin} (${reason}): is the server running?`,
      { cause },
    );
  }
}

/** As Go's clients join them: a path of the base is kept. */
function urlOf({ url }: Service, path: string): URL {
  return new URL(path === '' ? url : `${url.replace(/\/+$/, '')}${path}`);
}

export function refused({ url, status, bytes }: Answer): CodedError<SigstoreCode> {
  return sigstoreError('sigstore_refused', `${url.href} refused (${status}): ${reasonIn(bytes)}`, {
    detail: { status },
  });
}

function oversized(url: URL): CodedError<SigstoreCode> {
  return sigstoreError(
    'sigstore_protocol',
    `${url.href} answered with more than ${MAX_ANSWER_BYTES} bytes: is this the right service?`,
  );
}

/** The message of a problem (`detail`) or of Sigstore's own error form (`message`). */
function reasonIn(answer: Uint8Array): string {
  const text = Buffer.from(answer.subarray(0, 2000)).toString('utf8');
  try {
    const { detail, message } = JSON.parse(text) as { readonly detail?: unknown; readonly message?: unknown };
    const reason = detail ?? message;
    return typeof reason === 'string' ? reason : text;
  } catch {
    // Not JSON: the text itself says as much as can be known.
    return text || 'no reason given';
  }
}
