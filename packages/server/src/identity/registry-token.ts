import { isCoded } from '@waybill/core';
import { Fields } from '@waybill/core/bytes';
import type { IdentityDeps } from './deps.ts';
import { identityError } from './errors.ts';
import { liveCredential, principalOf } from './live-credential.ts';
import type { Principal } from './principal.ts';
import { type SignedToken, signToken, TOKEN_TYPE } from './sign-token.ts';
import { verifyToken } from './verify-token.ts';

const LIFETIME_SECONDS = 300;

/** One entry of a registry token's access list (distribution spec, token authentication). */
export interface RegistryAccess {
  readonly type: 'repository';
  /** `<org>/<project>/<workflow>`. */
  readonly name: string;
  readonly actions: readonly RegistryAction[];
}
export type RegistryAction = 'pull' | 'push' | 'delete';

const ACTIONS: readonly string[] = ['pull', 'push', 'delete'] satisfies readonly RegistryAction[];

/**
 * A five-minute token for `/v2/`. What stands in `access` the registry has authorized before; the token grants
 * nothing by itself, as every use is authorized again with the principal that `verifyRegistryToken` returns.
 */
export function issueRegistryToken(
  deps: IdentityDeps,
  principal: Principal,
  access: readonly RegistryAccess[],
): Promise<SignedToken> {
  return signToken(deps, {
    type: TOKEN_TYPE.registry,
    subject: principal.tokenId,
    audience: audienceOf(deps),
    lifetimeSeconds: LIFETIME_SECONDS,
    claims: { org: principal.orgName, role: principal.role, scope: principal.scope, access },
  });
}

/**
 * Who holds a registry token, with role and scope as they are now, and the access list it is limited to.
 * Throws `identity_token_*`.
 */
export async function verifyRegistryToken(
  deps: IdentityDeps,
  jwt: string,
): Promise<{ readonly principal: Principal; readonly access: readonly RegistryAccess[] }> {
  const token = verifyToken(deps, jwt, { type: TOKEN_TYPE.registry, audience: audienceOf(deps) });
  const access = readAccess(token.claims);
  const principal = principalOf(await liveCredential(deps, token.subject));
  return Object.freeze({ principal, access });
}

function audienceOf(deps: IdentityDeps): string {
  return `${deps.publicUrl}/v2`;
}

function readAccess(claims: Fields): readonly RegistryAccess[] {
  try {
    return claims.objects('access').map((entry) => ({
      type: 'repository',
      name: entry.string('name'),
      actions: entry
        .strings('actions')
        .filter((action): action is RegistryAction => ACTIONS.includes(action)),
    }));
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw identityError('identity_token_claims', `Token refused: ${cause.message}.`, { cause });
  }
}
