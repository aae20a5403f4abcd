import { isCoded } from '@waybill/core';
import { authenticateToken } from './authenticate.ts';
import type { IdentityDeps } from './deps.ts';
import { issueIdentityToken } from './identity-token.ts';
import { parseName } from './name.ts';
import { type Principal, type Target, targetOf } from './principal.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const SUBJECT_TYPES: readonly string[] = [
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:waybill:params:oauth:token-type:api-token',
];

/** RFC 6749 §5.2 and RFC 8693 §2.2.2. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unauthorized_client'
  | 'unsupported_grant_type';

export type ExchangeAnswer =
  | { readonly type: 'issued'; readonly idToken: string; readonly expiresInSeconds: number }
  | { readonly type: 'refused'; readonly error: OAuthErrorCode; readonly description: string };

/** A refusal on its way to `exchangeToken`, which turns it into an answer. */
class Refusal extends Error {
  readonly error: OAuthErrorCode;

  constructor(error: OAuthErrorCode, description: string) {
    super(description);
    this.error = error;
  }
}

/** Token exchange (RFC 8693): an API token for an ID token. `form` is the x-www-form-urlencoded body. */
export async function exchangeToken(
  deps: IdentityDeps,
  form: string,
  from: { readonly address: string; readonly requestId: string },
): Promise<ExchangeAnswer> {
  try {
    const request = parseRequest(deps, new URLSearchParams(form));
    const principal = await signIn(deps, request.subjectToken, from.address);
    const target = targetFor(principal, request.scope);
    const issued = await issue(deps, principal, {
      audience: request.audience,
      target,
      requestId: from.requestId,
    });
    return { type: 'issued', idToken: issued.jwt, expiresInSeconds: issued.expiresInSeconds };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { type: 'refused', error: error.error, description: error.message };
  }
}

interface ExchangeRequest {
  readonly subjectToken: string;
  readonly audience: string;
  readonly scope: string;
}

function parseRequest(deps: IdentityDeps, form: URLSearchParams): ExchangeRequest {
  const grant = one(form, 'grant_type');
  if (grant !== GRANT) throw new Refusal('unsupported_grant_type', `grant_type: expected ${GRANT}`);
  const type = one(form, 'subject_token_type');
  if (type === undefined || !SUBJECT_TYPES.includes(type)) {
    throw new Refusal('invalid_request', `subject_token_type: expected ${SUBJECT_TYPES.join(' or ')}`);
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

/** RFC 6749 §3.2: a parameter MUST NOT be sent twice, and an empty one counts as left out. */
function one(form: URLSearchParams, name: string): string | undefined {
  const values = form.getAll(name);
  if (values.length > 1)
    throw new Refusal('invalid_request', `${name}: sent ${values.length} times, expected once`);
  return values[0] === '' ? undefined : values[0];
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
