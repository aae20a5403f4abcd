import type { CodedError } from '@waybill/core';
import type { Tx } from '../ground/index.ts';
import { type Attempt, auditChange, auditRefusal } from './audit-change.ts';
import { authorize } from './authorize.ts';
import type { IdentityDeps } from './deps.ts';
import { type IdentityCode, identityError } from './errors.ts';
import { type Principal, roleCovers, scopeCovers, targetOf } from './principal.ts';
import { countLastingOwners, findToken, lockOrganization, markRevoked, type TokenRow } from './queries.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function isTokenId(text: string): boolean {
  return uuid.test(text);
}

/**
 * Revokes a token for good, at once; again is no error. Any token may revoke itself; another needs `write-token`,
 * and never reaches one wider than the principal. A token of another organisation or outside the principal's scope
 * answers as an unknown one. Throws `identity_token_not_found`, `identity_forbidden`, `identity_last_owner`.
 */
export async function revokeToken(
  deps: IdentityDeps,
  principal: Principal,
  input: { readonly id: string; readonly requestId?: string | undefined },
): Promise<void> {
  if (!isTokenId(input.id)) throw notFound(input.id);
  const attempt = { principal, action: 'identity.revoke-token', requestId: input.requestId };
  const target = `token:${input.id.toLowerCase()}`;
  await auditRefusal(deps, attempt, target, () => revoke(deps, attempt, input.id));
}

async function revoke(deps: IdentityDeps, attempt: Attempt, id: string): Promise<void> {
  const { principal } = attempt;
  const own = id.toLowerCase() === principal.tokenId;
  if (!own) authorize(principal, 'write-token', targetOf(principal.scope));
  await deps.db.withOrg(principal.orgId, async (tx) => {
    await lockOrganization(tx);
    const token = await findToken(tx, id);
    if (token === undefined || !scopeCovers(principal.scope, targetOf(token.scope))) throw notFound(id);
    if (!roleCovers(principal.role, token.role)) throw outranked(principal, token);
    if (token.revokedAt !== null) return;
    await refuseLastOwner(tx, token);
    await markRevoked(tx, token.id, deps.clock());
    await auditChange(tx, attempt, `token:${token.id}`, { name: token.name });
  });
}

/** An organisation without an owner could never be given one again. */
async function refuseLastOwner(tx: Tx, token: TokenRow): Promise<void> {
  const lasting = token.role === 'owner' && token.scope.type === 'organization' && token.expiresAt === null;
  if (!lasting || (await countLastingOwners(tx)) > 1) return;
  throw identityError(
    'identity_last_owner',
    `Token "${token.name}" is the last owner token without an expiry. Create another one first: ` +
      'an organisation without an owner cannot be given one again.',
  );
}

function outranked(principal: Principal, token: TokenRow): CodedError<IdentityCode> {
  return identityError(
    'identity_forbidden',
    `Token "${principal.tokenName}" has the role ${principal.role} and cannot revoke "${token.name}", ` +
      `whose role is ${token.role}.`,
  );
}

function notFound(id: string): CodedError<IdentityCode> {
  const shown = id.length > 80 ? `${id.slice(0, 80)}…` : id;
  return identityError(
    'identity_token_not_found',
    `No token with the id ${JSON.stringify(shown)}: \`waybill token list\` shows the ids.`,
  );
}
