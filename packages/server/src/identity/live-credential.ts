import type { IdentityDeps } from './deps.ts';
import { identityError } from './errors.ts';
import type { Principal } from './principal.ts';
import type { CredentialRow } from './queries.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The API token from which another was derived: revoking it ends those too. Throws `identity_token_revoked`. */
export async function liveCredential(deps: IdentityDeps, tokenId: unknown): Promise<CredentialRow> {
  if (typeof tokenId !== 'string' || !uuid.test(tokenId)) {
    throw identityError(
      'identity_token_claims',
      'Token refused: it does not name the API token it came from.',
    );
  }
  const row = await deps.credentials.byId(tokenId);
  const reason = row === undefined ? 'is unknown' : deadReason(row, deps.clock());
  if (row === undefined || reason !== undefined) {
    throw identityError(
      'identity_token_revoked',
      `Token refused: the API token that it came from ${reason}. Get a new one with an API token that is good.`,
    );
  }
  return row;
}

/** Why a token that exists can no longer be used; undefined when it can. */
export function deadReason(row: CredentialRow, now: Date): string | undefined {
  if (row.revokedAt !== null) return `was revoked at ${row.revokedAt.toISOString()}`;
  if (row.expiresAt !== null && row.expiresAt <= now) return `expired at ${row.expiresAt.toISOString()}`;
  return undefined;
}

export function principalOf(row: CredentialRow): Principal {
  return Object.freeze({
    orgId: row.orgId,
    orgName: row.orgName,
    tokenId: row.id,
    tokenName: row.name,
    role: row.role,
    scope: Object.freeze(row.scope),
  });
}
