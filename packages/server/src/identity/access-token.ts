import type { IdentityDeps } from './deps.ts';
import { liveCredential, principalOf } from './live-credential.ts';
import type { Principal } from './principal.ts';
import type { TrustCredential } from './queries/trusts.ts';
import { type SignedToken, signToken, TOKEN_TYPE } from './sign-token.ts';
import { verifyToken } from './verify-token.ts';

/** Commands of a pipeline that run longer than this ask again. */
const LIFETIME_SECONDS = 900;

/** What a trusted pipeline gets for its own token: good at the doors where an API token is, for a quarter of an hour. */
export function issueAccessToken(
  deps: Pick<IdentityDeps, 'issuer' | 'clock' | 'publicUrl'>,
  trust: TrustCredential,
  subject: string,
): Promise<SignedToken> {
  return signToken(deps, {
    type: TOKEN_TYPE.access,
    subject: trust.id,
    audience: audienceOf(deps),
    lifetimeSeconds: LIFETIME_SECONDS,
    claims: {
      organization: trust.orgName,
      scope: trust.scope,
      pipeline: { issuer: trust.rule.issuer, subject },
    },
  });
}

/**
 * Who holds it, with role and scope as they are now. Throws `identity_token_…`; `identity_token_revoked` when the
 * pipeline is trusted no more.
 */
export async function authenticateAccessToken(deps: IdentityDeps, jwt: string): Promise<Principal> {
  const token = verifyToken(deps, jwt, { type: TOKEN_TYPE.access, audience: audienceOf(deps) });
  const row = await liveCredential(deps, token.subject);
  deps.usage.touch(row, deps.clock());
  return Object.freeze({ ...principalOf(row), session: token.claims.string('jti') });
}

function audienceOf({ publicUrl }: Pick<IdentityDeps, 'publicUrl'>): string {
  return `${publicUrl}/waybill`;
}
