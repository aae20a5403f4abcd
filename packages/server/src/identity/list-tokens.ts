import { authorize } from './authorize.ts';
import type { IdentityDeps } from './deps.ts';
import { type Principal, scopeCovers, targetOf } from './principal.ts';
import { listTokenRows, type TokenRow } from './queries.ts';

/** The tokens inside the principal's scope, newest first, revoked ones too. Throws `identity_forbidden`. */
export async function listTokens(deps: IdentityDeps, principal: Principal): Promise<readonly TokenRow[]> {
  authorize(principal, 'write-token', targetOf(principal.scope));
  const rows = await deps.db.withOrg(principal.orgId, listTokenRows);
  return rows.filter((row) => scopeCovers(principal.scope, targetOf(row.scope)));
}
