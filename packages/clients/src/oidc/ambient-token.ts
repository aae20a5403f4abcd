import { open } from 'node:fs/promises';
import type { Fetch } from '@waybill/core';
import { azure } from './ambient/azure.ts';
import { buildkite } from './ambient/buildkite.ts';
import { github } from './ambient/github.ts';
import type { Provider, ProviderOptions } from './ambient/provider.ts';
import { oidcError } from './errors.ts';
import { type IdentityToken, readIdentityToken } from './identity-token.ts';

export interface AmbientOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  /** The built-in `fetch` unless told. */
  readonly fetch?: Fetch;
}

/** In the order in which they are asked. These make a token for the audience that they are told. */
const FOR_ANY_AUDIENCE: readonly Provider[] = [github, buildkite];
/** The audience of these is what the CI system, or whoever wrote the job, has set. */
const FOR_THEIR_OWN: readonly Provider[] = [azure, variable('CIRCLE_OIDC_TOKEN_V2')];

/**
 * The identity that the CI system gives to this job, null where there is none. SIGSTORE_ID_TOKEN is what GitLab's
 * `id_tokens` is told to fill; GitHub and Buildkite hand one out. Throws `oidc_…`.
 */
export function ambientToken(options: AmbientOptions): Promise<IdentityToken | null> {
  const audience = () => Promise.resolve('sigstore');
  return firstOf([variable('SIGSTORE_ID_TOKEN'), ...FOR_ANY_AUDIENCE], { ...options, audience });
}

/**
 * The same for the exchange at a Waybill server: WAYBILL_ID_TOKEN, the file that WAYBILL_ID_TOKEN_FILE names (a
 * projected service account token of Kubernetes, a credential of Jenkins), then what the CI system gives. Throws `oidc_…`.
 */
export function pipelineToken(
  options: AmbientOptions & {
    /** Looked up only where a token is made for it. */
    readonly audience: () => Promise<string>;
  },
): Promise<IdentityToken | null> {
  return firstOf([variable('WAYBILL_ID_TOKEN'), tokenFile, ...FOR_ANY_AUDIENCE, ...FOR_THEIR_OWN], options);
}

async function firstOf(
  providers: readonly Provider[],
  { fetch: send = fetch, ...options }: AmbientOptions & Pick<ProviderOptions, 'audience'>,
): Promise<IdentityToken | null> {
  for (const provider of providers) {
    const token = await provider({ ...options, fetch: send });
    if (token !== null) return token;
  }
  return null;
}

function variable(name: string): Provider {
  return async ({ env, now }: ProviderOptions) => {
    const text = env[name];
    return text ? readIdentityToken(text, { from: name, now }) : null;
  };
}

const MAX_FILE_BYTES = 32_768;

/** Read anew each time: whoever projects it renews it. */
async function tokenFile({ env, now }: ProviderOptions): Promise<IdentityToken | null> {
  const file = env['WAYBILL_ID_TOKEN_FILE'];
  if (!file) return null;
  return readIdentityToken(await textOf(file), { from: `WAYBILL_ID_TOKEN_FILE (${file})`, now });
}

async function textOf(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_FILE_BYTES), 0, MAX_FILE_BYTES);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw oidcError('oidc_token_invalid', `WAYBILL_ID_TOKEN_FILE cannot be read: ${reason}`, { cause });
  }
}
