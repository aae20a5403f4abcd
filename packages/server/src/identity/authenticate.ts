import { type CodedError, isCoded } from '@waybill/core';
import { timingSafeEqual } from '@waybill/core/crypto';
import { authenticateAccessToken } from './access-token.ts';
import { hashApiToken, isApiToken } from './api-token.ts';
import type { IdentityDeps } from './deps.ts';
import { type IdentityCode, identityError } from './errors.ts';
import { deadReason, principalOf } from './live-credential.ts';
import type { Principal } from './principal.ts';
import type { CredentialRow } from './queries.ts';

/**
 * Who sends this Authorization header: `Bearer <API token>`, or `Basic` with the API token as password and any
 * user name (docker login). Throws `identity_unauthenticated`. Nothing is cached: a revoked token stops at once.
 */
export async function authenticate(
  deps: IdentityDeps,
  authorization: string | undefined,
): Promise<Principal> {
  return authenticateToken(deps, tokenOf(authorization));
}

/** As `authenticate`, for a token that came by another way than the header. */
export async function authenticateToken(deps: IdentityDeps, text: string): Promise<Principal> {
  if (isJwt(text)) return byAccessToken(deps, text);
  if (!isApiToken(text)) throw unknownToken();
  const hash = hashApiToken(text);
  const row = await deps.credentials.byHash(hash);
  // The index compares hashes, not tokens, so that its timing tells nothing; the second comparison does not rest on that.
  if (row === undefined || !timingSafeEqual(row.hash, hash)) throw unknownToken();
  const now = deps.clock();
  refuseDead(row, now);
  deps.usage.touch(row, now);
  return principalOf(row);
}

function refuseDead(row: CredentialRow, now: Date): void {
  const reason = deadReason(row, now);
  if (reason !== undefined) {
    const hint = row.role === 'robot' ? ' (waybill workflow robot-account rotate)' : '';
    throw unauthenticated(`This API token ("${row.name}") ${reason}. Ask an admin for a new one${hint}.`);
  }
}

function tokenOf(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') {
    throw unauthenticated(
      'No API token sent. Expected the header "Authorization: Bearer wb_…"; ' +
        '`waybill login --local` reads the owner token of a server on this machine.',
    );
  }
  const [, scheme = '', credentials = ''] = /^([A-Za-z]+) +(\S+)$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return credentials;
    case 'basic':
      return passwordOf(credentials);
    default:
      throw unauthenticated(
        'Authorization header not understood. Expected "Bearer wb_…", or "Basic" with the API token as password.',
      );
  }
}

/** RFC 7617: the password is all that follows the first colon. */
function passwordOf(credentials: string): string {
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  return colon < 0 ? '' : pair.slice(colon + 1);
}

function isJwt(text: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(text);
}

async function byAccessToken(deps: IdentityDeps, jwt: string): Promise<Principal> {
  try {
    return await authenticateAccessToken(deps, jwt);
  } catch (error) {
    if (isCoded(error, 'identity_token_expired', 'identity_token_revoked')) {
      throw unauthenticated(`${error.message} The CI system's own token is exchanged anew for each command.`);
    }
    if (isCoded(error)) throw notAnApiToken(error.message);
    throw error;
  }
}

function notAnApiToken(reason: string): CodedError<IdentityCode> {
  return unauthenticated(
    'This is a JWT, not an API token. Identity tokens are for the certificate authority (/api/v2/signingCert), and a ' +
      'trusted pipeline\'s for /oidc/token; this API takes API tokens, which begin with "wb_", and what a trusted ' +
      `pipeline got there. ${reason}`,
  );
}

function unknownToken(): CodedError<IdentityCode> {
  return unauthenticated(
    'API token not accepted. Check that it was copied whole ("wb_" and 43 characters) and that it belongs to this server.',
  );
}

function unauthenticated(message: string): CodedError<IdentityCode> {
  return identityError('identity_unauthenticated', message);
}
