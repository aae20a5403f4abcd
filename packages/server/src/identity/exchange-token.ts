import { isCoded } from '@waybill/core';
import { authenticateToken } from './authenticate.ts';
import type { IdentityDeps } from './deps.ts';
import {
  ACCESS_TOKEN,
  type Asker,
  GRANT,
  ID_TOKEN,
  type OAuthErrorCode,
  one,
  Refusal,
} from './exchange-form.ts';
import { exchangePipelineToken, type VerifyPipelineToken } from './exchange-pipeline-token.ts';
import { issueIdentityToken } from './identity-token.ts';
import { parseName } from './name.ts';
import { type Principal, type Target, targetOf } from './principal.ts';

const SUBJECT_TYPES: readonly string[] = [ACCESS_TOKEN, 'urn:waybill:params:oauth:token-type:api-token'];
/** What CI systems call the tokens of their jobs. */
const PIPELINE_TYPES: readonly string[] = [ID_TOKEN, 'urn:ietf:params:oauth:token-type:jwt'];

export type ExchangeAnswer =
  | {
      readonly type: 'issued';
      readonly token: string;
      readonly tokenType: 'id_token' | 'access_token';
      readonly expiresInSeconds: number;
    }
  | { readonly type: 'refused'; readonly error: OAuthErrorCode; readonly description: string };

/** How tokens of other issuers are verified, which a later room knows. */
export interface Federation {
  readonly verify: VerifyPipelineToken;
}

/**
 * Token exchange (RFC 8693): an API token for an ID token, or a pipeline's own token for an access token. `form` is
 * the x-www-form-urlencoded body.
 */
export async function exchangeToken(
  deps: IdentityDeps & Federation,
  form: string,
  from: Asker,
): Promise<ExchangeAnswer> {
  try {
    return await exchange(deps, new URLSearchParams(form), from);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { type: 'refused', error: error.error, description: error.message };
  }
}

async function exchange(
  deps: IdentityDeps & Federation,
  form: URLSearchParams,
  from: Asker,
): Promise<ExchangeAnswer> {
  const grant = one(form, 'grant_type');
  if (grant !== GRANT) throw new Refusal('unsupported_grant_type', `grant_type: expected ${GRANT}`);
  if (PIPELINE_TYPES.includes(one(form, 'subject_token_type') ?? '')) {
    const { jwt, expiresInSeconds } = await exchangePipelineToken(deps, form, from);
    return { type: 'issued', token: jwt, tokenType: 'access_token', expiresInSeconds };
  }
  const request = parseRequest(deps, form);
  const principal = await signIn(deps, request.subjectToken, from.address);
  const issued = await issue(deps, principal, {
    audience: request.audience,
    target: targetFor(principal, request.scope),
    requestId: from.requestId,
  });
  return {
    type: 'issued',
    token: issued.jwt,
    tokenType: 'id_token',
    expiresInSeconds: issued.expiresInSeconds,
  };
}

interface ExchangeRequest {
  readonly subjectToken: string;
  readonly audience: string;
  readonly scope: string;
}

function parseRequest(deps: IdentityDeps, form: URLSearchParams): ExchangeRequest {
  const type = one(form, 'subject_token_type');
  if (type === undefined || !SUBJECT_TYPES.includes(type)) {
    throw new Refusal(
      'invalid_request',
      `subject_token_type: expected ${[...SUBJECT_TYPES, ...PIPELINE_TYPES].join(' or ')}`,
    );
  }
  const requested = one(form, 'requested_token_type') ?? ID_TOKEN;
  if (requested !== ID_TOKEN)
    throw new Refusal('invalid_request', `requested_token_type: expected ${ID_TOKEN}`);
  if (one(form, 'actor_token') !== undefined) {
    throw new Refusal('invalid_request', 'actor_token: delegation is not supported, leave it out');
  }
  const subjectToken = one(form, 'subject_token');
  if (subjectToken === undefined)
    throw new Refusal('invalid_request', 'subject_token: expected an API token');
  return { subjectToken, audience: parseAudience(deps, form), scope: one(form, 'scope') ?? '' };
}

/** This server itself is no audience: an ID token must not serve as a key to our own doors. */
function parseAudience(deps: IdentityDeps, form: URLSearchParams): string {
  if (one(form, 'resource') !== undefined) {
    throw new Refusal('invalid_target', 'resource: not supported, name the audience instead');
  }
  const audience = one(form, 'audience') ?? 'sigstore';
  if (audience.length > 255 || !/^[\x21-\x7e]+$/.test(audience)) {
    throw new Refusal('invalid_target', 'audience: expected at most 255 printable characters without spaces');
  }
  const own = URL.canParse(audience) && new URL(audience).origin === deps.publicUrl;
  if (own) throw new Refusal('invalid_target', `audience: ${deps.publicUrl} itself takes no ID tokens`);
  return audience;
}

async function signIn(deps: IdentityDeps, subjectToken: string, address: string): Promise<Principal> {
  try {
    const from = { address, credential: subjectToken };
    return await deps.signIns.attempt(from, () => authenticateToken(deps, subjectToken));
  } catch (error) {
    // RFC 8693 §2.2.2: an invalid subject token is an invalid_request.
    if (isCoded(error, 'identity_unauthenticated')) {
      throw new Refusal('invalid_request', `subject_token: ${error.message}`);
    }
    throw error;
  }
}

/** `scope=workflow:<project>/<workflow>` or `scope=project:<project>` chooses; else the API token's own scope. */
function targetFor(principal: Principal, scope: string): Target {
  const words = scope.split(' ').filter((word) => word !== '' && word !== 'openid');
  const [word] = words;
  if (word === undefined) return targetOf(principal.scope);
  const [, kind, path = ''] = /^(workflow|project):(.*)$/.exec(word) ?? [];
  const [project = '', workflow, ...more] = path.split('/');
  const shape = kind === 'workflow' ? workflow !== undefined : kind === 'project' && workflow === undefined;
  if (words.length > 1 || !shape || more.length > 0) {
    throw new Refusal('invalid_scope', 'scope: expected workflow:<project>/<workflow> or project:<project>');
  }
  return asScope(() => ({
    project: parseName(project, 'project in scope'),
    ...(workflow === undefined ? {} : { workflow: parseName(workflow, 'workflow in scope') }),
  }));
}

function asScope(read: () => Target): Target {
  try {
    return read();
  } catch (error) {
    if (isCoded(error, 'identity_name_invalid')) throw new Refusal('invalid_scope', error.message);
    throw error;
  }
}

async function issue(
  deps: IdentityDeps,
  principal: Principal,
  input: Parameters<typeof issueIdentityToken>[2],
) {
  try {
    return await issueIdentityToken(deps, principal, input);
  } catch (error) {
    if (!isCoded(error, 'identity_forbidden')) throw error;
    throw new Refusal('leastRole' in error.detail ? 'unauthorized_client' : 'invalid_scope', error.message);
  }
}
