import { type Fetch, type FetchResponse, isCoded, messageOf } from '@waybill/core';
import { Fields, parseJson, readAtMost } from '@waybill/core/bytes';
import { oidcError } from './errors.ts';
import { type IdentityToken, readIdentityToken } from './identity-token.ts';

export interface AmbientOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  /** `sigstore` unless told. */
  readonly audience?: string;
  /** The built-in `fetch` unless told. */
  readonly fetch?: Fetch;
}

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 100_000;

/**
 * The identity that the CI system gives to this job, null where there is none. SIGSTORE_ID_TOKEN is what GitLab's
 * `id_tokens` is told to fill, GitHub Actions hands one out to jobs with `id-token: write`. Throws `oidc_…`.
 */
export async function ambientToken(options: AmbientOptions): Promise<IdentityToken | null> {
  const { env, now } = options;
  if (env['SIGSTORE_ID_TOKEN'])
    return readIdentityToken(env['SIGSTORE_ID_TOKEN'], { from: 'SIGSTORE_ID_TOKEN', now });
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  return url && token ? githubToken({ url, token }, options) : null;
}

// docs.github.com "OpenID Connect reference": GET with the audience, answered by {"value": "<token>"}.
async function githubToken(
  request: { readonly url: string; readonly token: string },
  { audience = 'sigstore', fetch: send = fetch, now }: AmbientOptions,
): Promise<IdentityToken> {
  const url = urlOf(request.url);
  url.searchParams.set('audience', audience);
  let response: FetchResponse;
  let bytes: Uint8Array;
  try {
    response = await send(url, {
      headers: { authorization: `Bearer ${request.token}`, accept: 'application/json' },
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
      `no answer from GitHub's token service at ${url.origin} (${reason})`,
      { cause },
    );
  }
  if (!response.ok) {
    throw oidcError('oidc_refused', `GitHub's token service at ${url.origin} refused (${response.status})`, {
      detail: { status: response.status },
    });
  }
  return readIdentityToken(valueOf(bytes, url), { from: 'GitHub Actions', now });
}

function urlOf(text: string): URL {
  if (URL.canParse(text) && /^https?:\/\//.test(text)) return new URL(text);
  throw oidcError('oidc_protocol', 'ACTIONS_ID_TOKEN_REQUEST_URL is no http or https URL');
}

function valueOf(bytes: Uint8Array, url: URL): string {
  try {
    return new Fields(parseJson(bytes, 'token answer'), 'token answer').string('value');
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw oidcError('oidc_protocol', `${url.origin} answered without a token (${cause.message})`, { cause });
  }
}
