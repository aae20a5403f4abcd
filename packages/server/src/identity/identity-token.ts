import { auditChange, auditRefusal } from './audit-change.ts';
import { authorize } from './authorize.ts';
import type { IdentityDeps } from './deps.ts';
import { identityError } from './errors.ts';
import { liveCredential } from './live-credential.ts';
import { parseName } from './name.ts';
import { type Principal, type Target } from './principal.ts';
import { type SignedToken, signToken, TOKEN_TYPE } from './sign-token.ts';
import { verifyToken } from './verify-token.ts';

const LIFETIME_SECONDS = 600;

export interface VerifiedIdentity {
  readonly issuer: string;
  /** `<org>`, `<org>/<project>` or `<org>/<project>/<workflow>`. */
  readonly subject: string;
  readonly audience: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly expiresAt: Date;
}

/**
 * A ten-minute OIDC ID token by which a pipeline signs keyless as `<org>/<project>/<workflow>`.
 * Throws `identity_forbidden`, `identity_name_invalid`, `identity_scope_invalid`.
 */
export async function issueIdentityToken(
  deps: IdentityDeps,
  principal: Principal,
  input: { readonly audience: string; readonly target: Target; readonly requestId?: string | undefined },
): Promise<SignedToken> {
  const attempt = { principal, action: 'identity.issue-id-token', requestId: input.requestId };
  const subject = subjectOf(principal, input.target);
  const { project, workflow } = input.target;
  await auditRefusal(deps, attempt, subject, async () => authorize(principal, 'attest', input.target));
  const signed = await signToken(deps, {
    type: TOKEN_TYPE.identity,
    subject,
    audience: input.audience,
    lifetimeSeconds: LIFETIME_SECONDS,
    claims: { organization: principal.orgName, project, workflow, token_id: principal.tokenId },
  });
  await deps.db.withOrg(principal.orgId, (tx) =>
    auditChange(tx, attempt, subject, { audience: input.audience, jti: signed.id }),
  );
  return signed;
}

/** A workflow without its project would read as a project of that name. */
function subjectOf(principal: Principal, { project, workflow }: Target): string {
  if (project === undefined && workflow !== undefined) {
    throw identityError('identity_scope_invalid', `workflow ${workflow}: expected its project beside it`);
  }
  return [
    principal.orgName,
    ...(project === undefined ? [] : [parseName(project, 'project')]),
    ...(workflow === undefined ? [] : [parseName(workflow, 'workflow')]),
  ].join('/');
}

/**
 * For the certificate authority: an ID token of the built-in issuer for the audience `sigstore`, whose API token is
 * still good. Throws `identity_token_*`.
 */
export async function verifyIdentityToken(deps: IdentityDeps, jwt: string): Promise<VerifiedIdentity> {
  const token = verifyToken(deps, jwt, { type: TOKEN_TYPE.identity, audience: 'sigstore' });
  const { id: tokenId, name: tokenName } = await liveCredential(deps, token.claims.raw('token_id'));
  deps.signIns.use({ tokenId, tokenName });
  return Object.freeze({
    issuer: deps.issuer.url,
    subject: token.subject,
    audience: token.audience,
    expiresAt: token.expiresAt,
    claims: Object.freeze(Object.fromEntries(token.claims.keys().map((key) => [key, token.claims.raw(key)]))),
  });
}
