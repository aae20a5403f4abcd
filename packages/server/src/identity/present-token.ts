import type { Scope as ApiScope, Token } from '@waybill/api';
import type { Scope } from './principal.ts';
import type { TokenRow } from './queries.ts';

/** As the API shows it. */
export function presentToken(token: TokenRow): Token {
  return {
    id: token.id,
    name: token.name,
    role: token.role,
    scope: apiScope(token.scope),
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt?.toISOString() ?? null,
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    revokedAt: token.revokedAt?.toISOString() ?? null,
    replacedAt: token.replacedAt?.toISOString() ?? null,
    issuer: token.trustIssuer,
  };
}

export function apiScope(scope: Scope): ApiScope {
  return { ...scope };
}
