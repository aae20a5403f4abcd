import { errorsOf, type Fetch, type FetchResponse, messageOf } from '@waybill/core';

/** A server with Fulcio's, Rekor's and the timestamp authority's paths at its root. */
export interface SigstoreServer {
  readonly url: string;
  /** The built-in `fetch` unless told. */
  readonly fetch?: Fetch;
}

export type SigstoreCode = 'sigstore_unreachable' | 'sigstore_refused' | 'sigstore_protocol';

export const sigstoreError = errorsOf<SigstoreCode>();

const TIMEOUT_MS = 30_000;
/** Certificates and timestamps are a few kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** One JSON request to a trust service. Throws `sigstore_unreachable`, `sigstore_refused`, `sigstore_protocol`. */
export async function post(
  server: SigstoreServer,
  path: string,
  request: { readonly accept: string; readonly body: unknown },
): Promise<Uint8Array> {
  const url = new URL(path, server.url);
  let response: FetchResponse;
  let answer: Uint8Array;
  try {
    response = await (server.fetch ?? fetch)(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: request.accept },
      body: JSON.stringify(request.body),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    answer = await response.bytes();
  } catch (cause) {
    const reason = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
    throw sigstoreError(
      'sigstore_unreachable',
      `no answer from ${url.origin} (${reason}): is the server running?`,
      { cause },
    );
  }
  if (!response.ok) {
    throw sigstoreError(
      'sigstore_refused',
      `${url.pathname} refused (${response.status}): ${reasonIn(answer)}`,
      { detail: { status: response.status } },
    );
  }
  if (answer.length === 0 || answer.length > MAX_ANSWER_BYTES) {
    throw sigstoreError(
      'sigstore_protocol',
      `${url.pathname} answered with ${answer.length} bytes: is ${url.origin} a Waybill server?`,
    );
  }
  return answer;
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
