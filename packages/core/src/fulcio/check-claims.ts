/** What a token must say beside its signature (OpenID Connect Core §3.1.3.7, as go-oidc checks it). */
import { claimOf, type Claims, refused } from './claims.ts';
import type { VerifiedToken } from './principal.ts';

/** Clocks differ: `nbf` may lie this far ahead, as in go-oidc. `exp` has no grace. */
const NOT_BEFORE_GRACE_SECONDS = 300;

/**
 * Issuer, audience and time of a token whose signature is another's to check. Times must be numbers
 * (RFC 7519 §2). Throws `fulcio_token_refused`.
 */
export function checkTokenClaims(
  claims: Claims,
  expected: { readonly issuer: string; readonly audience: string; readonly now: Date },
): VerifiedToken {
  const now = expected.now.getTime() / 1000;
  if (claims['iss'] !== expected.issuer)
    throw refused(`its issuer is not ${JSON.stringify(expected.issuer)}`);
  if (expected.audience === '' || !audiencesOf(claims['aud']).includes(expected.audience)) {
    const found = JSON.stringify(claims['aud'] ?? null).slice(0, 200);
    throw refused(`it is for the audience ${found}, expected ${JSON.stringify(expected.audience)}`);
  }
  const { exp, nbf } = { exp: claims['exp'], nbf: claims['nbf'] ?? 0 };
  if (typeof exp !== 'number' || !(exp > now)) throw refused('it has expired, or names no expiry');
  if (typeof nbf !== 'number' || nbf > now + NOT_BEFORE_GRACE_SECONDS) throw refused('it is not valid yet');
  const subject = claimOf(claims, 'sub') ?? '';
  if (typeof subject !== 'string') throw refused('expected text in the claim sub');
  return { issuer: expected.issuer, subject: subject.toWellFormed(), claims };
}

function audiencesOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}
