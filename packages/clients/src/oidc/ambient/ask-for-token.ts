import { type Fetch, type FetchResponse, isCoded, messageOf } from '@waybill/core';
import { Fields, parseJson, readAtMost } from '@waybill/core/bytes';
import { oidcError } from '../errors.ts';
import { type IdentityToken, readIdentityToken } from '../identity-token.ts';

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 100_000;

export interface TokenService {
  /** As a person knows it. */
  readonly name: string;
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  /** What lets this job ask. */
  readonly bearer: string;
  /** Where the answer holds the token. */
  readonly member: string;
}

/** Asks the CI system's own service for the token of this job. Throws `oidc_…`. */
export async function askForToken(
  service: TokenService,
  { fetch: send, now }: { readonly fetch: Fetch; readonly now: Date },
): Promise<IdentityToken> {
  const { name, url, method, bearer } = service;
  let response: FetchResponse;
  let bytes: Uint8Array;
  try {
    response = await send(url, {
      method,
      headers: { authorization: `Bearer ${bearer}`, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    bytes = await readAtMost(response.body ?? [], MAX_ANSWER_BYTES, () =>
      oidcError('oidc_protocol', `${url.origin} sent more than any token`),
    );
  } catch (cause) {
    if (isCoded(cause)) throw cause;
    const reason = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
    throw oidcError(
      'oidc_unreachable',
      `no answer from ${name}'s token service at ${url.origin} (${reason})`,
      {
        cause,
      },
    );
  }
  if (!response.ok) {
    throw oidcError('oidc_refused', `${name}'s token service at ${url.origin} refused (${response.status})`, {
      detail: { status: response.status },
    });
  }
  return readIdentityToken(memberOf(bytes, service), { from: name, now });
}

/** Throws `oidc_protocol`. */
export function urlFrom(variable: string, text: string): URL {
  if (URL.canParse(text) && /^https?:\/\//.test(text)) return new URL(text);
  throw oidcError('oidc_protocol', `${variable} is no http or https URL`);
}

function memberOf(bytes: Uint8Array, { url, member }: TokenService): string {
  try {
    return new Fields(parseJson(bytes, 'token answer'), 'token answer').string(member);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw oidcError('oidc_protocol', `${url.origin} answered without a token (${cause.message})`, { cause });
  }
}
