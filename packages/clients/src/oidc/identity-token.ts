import { isCoded, Secret } from '@waybill/core';
import { Fields, fromBase64, parseJson } from '@waybill/core/bytes';
import { oidcError } from './errors.ts';

export interface IdentityToken {
  readonly jwt: Secret<string>;
  /** What a client signs as proof of possession: the `email` claim where there is one, else `sub`. Read, not verified. */
  readonly subject: string;
}

const MAX_TOKEN_LENGTH = 32_768;

/**
 * A token as somebody handed it over: only its form and its claims about time and email are looked at, so that a
 * person hears here what a server could only refuse. Throws `oidc_token_invalid`, and never shows the token.
 */
export function readIdentityToken(
  text: string,
  options: { readonly from: string; readonly now: Date },
): IdentityToken {
  const { from, now } = options;
  const jwt = text.trim();
  try {
    const claims = claimsOf(jwt);
    const expiresAt = new Date(claims.integer('exp') * 1000);
    if (expiresAt <= now)
      throw invalid(from, `it expired at ${isoOf(expiresAt)}; it is ${now.toISOString()} here`);
    return Object.freeze({ jwt: new Secret(jwt), subject: subjectOf(claims, from) });
  } catch (cause) {
    if (!isCoded(cause) || cause.code === 'oidc_token_invalid') throw cause;
    throw invalid(from, `not a JSON Web Token (${cause.message})`, cause);
  }
}

/** Throws `bytes_…`, `json_…`, `shape_invalid`. */
export function claimsOf(jwt: string): Fields {
  const [header, payload = '', signature, ...others] = jwt.slice(0, MAX_TOKEN_LENGTH + 1).split('.');
  const isWhole = header && signature && others.length === 0 && jwt.length <= MAX_TOKEN_LENGTH;
  return new Fields(
    parseJson(fromBase64(isWhole ? payload : '*', 'identity token'), 'identity token'),
    'identity token',
  );
}

// As sigstore's own clients do (pkg/oauthflow/flow.go).
function subjectOf(claims: Fields, from: string): string {
  const email = claims.optionalString('email');
  if (email === undefined) return claims.string('sub');
  if (claims.raw('email_verified') === true) return email;
  throw invalid(from, 'its email address is not verified by its issuer');
}

function isoOf(time: Date): string {
  return Number.isNaN(time.getTime()) ? 'no time at all' : time.toISOString();
}

function invalid(from: string, problem: string, cause?: unknown) {
  return oidcError('oidc_token_invalid', `the identity token of ${from} cannot be used: ${problem}`, {
    cause,
  });
}
