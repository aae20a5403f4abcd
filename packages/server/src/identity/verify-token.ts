import { isCoded, messageOf } from '@waybill/core';
import { Fields, fromBase64, parseJson, quoted, utf8 } from '@waybill/core/bytes';
import { verifySignature } from '@waybill/core/crypto';
import type { IdentityDeps } from './deps.ts';
import { type IdentityCode, identityError } from './errors.ts';
import type { TokenType } from './sign-token.ts';

const MAX_CHARS = 16_384;
const LEEWAY_MS = 30_000;

export interface VerifiedToken {
  readonly subject: string;
  readonly audience: string;
  readonly expiresAt: Date;
  readonly claims: Fields;
}

export interface TokenExpectation {
  readonly type: TokenType;
  readonly audience: string;
}

/**
 * A JWT of the built-in issuer, of the expected kind and audience, in its time (30 s of leeway). Only RS256, only
 * with a key that `kid` names in the issuer's own map: nothing in the token can point to a key elsewhere.
 * Throws `identity_token_malformed`, `_type`, `_algorithm`, `_issuer`, `_key`, `_signature`, `_claims`,
 * `_audience`, `_expired`, `_not_yet_valid`.
 */
export function verifyToken(
  deps: Pick<IdentityDeps, 'issuer' | 'clock'>,
  jwt: string,
  expected: TokenExpectation,
): VerifiedToken {
  const claimed = parseToken(jwt);
  checkAlgorithm(claimed.header);
  checkType(claimed.header, expected.type);
  checkIssuerClaim(claimed.payload, deps.issuer.url);
  checkSignature(deps, claimed);
  const verified = readClaims(claimed.payload, expected.audience);
  checkTimes(verified, deps.clock());
  return verified;
}

interface ClaimedToken {
  readonly header: Fields;
  readonly payload: Fields;
  /** What the signature is over (RFC 7515 §5.2): the two parts as they came. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** RFC 7515 §3.1: header, payload and signature, each in base64url. Nothing of it is believed yet. */
function parseToken(jwt: string): ClaimedToken {
  if (jwt.length > MAX_CHARS) {
    throw malformed(`${jwt.length} characters, the limit is ${MAX_CHARS}`);
  }
  const [, header, payload, signature] = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/.exec(jwt) ?? [];
  if (header === undefined || payload === undefined || signature === undefined) {
    throw malformed('expected three base64url parts with dots between');
  }
  return {
    header: parsePart(header, 'identity token header'),
    payload: parsePart(payload, 'identity token claims'),
    signed: utf8(`${header}.${payload}`),
    signature: reading(() => fromBase64(signature, 'identity token signature')),
  };
}

function parsePart(part: string, what: string): Fields {
  return reading(() => new Fields(parseJson(fromBase64(part, what), what, { maxDepth: 8 }), what));
}

function checkAlgorithm(header: Fields): void {
  const alg = reading(() => header.optionalString('alg'));
  if (alg !== 'RS256') {
    throw refusal('algorithm', `signed with ${shown(alg ?? 'no algorithm')}; only RS256 is accepted`);
  }
  if (header.has('crit') || header.has('b64'))
    throw malformed('header extensions (crit, b64) are not accepted');
}

function checkType(header: Fields, type: TokenType): void {
  const typ = reading(() => header.optionalString('typ'));
  if (typ === type) return;
  throw refusal(
    'type',
    `its typ is ${shown(typ ?? 'missing')}, expected ${shown(type)}: a token of one kind is no good for another use`,
  );
}

function checkIssuerClaim(payload: Fields, issuer: string): void {
  const iss = reading(() => payload.optionalString('iss'));
  if (iss === issuer) return;
  throw refusal(
    'issuer',
    `issued by ${shown(iss ?? 'nobody')}; this server accepts tokens of ${issuer} only. ` +
      'Exchange an API token at its /token endpoint',
    { issuer: iss?.slice(0, 200) ?? null, knownIssuers: [issuer] },
  );
}

/** RS256 (RFC 7518 §3.3): checkAlgorithm has seen to it that nothing else is claimed. */
function checkSignature(
  deps: Pick<IdentityDeps, 'issuer'>,
  { header, signed, signature }: ClaimedToken,
): void {
  const kid = reading(() => header.optionalString('kid'));
  const key = kid === undefined ? undefined : deps.issuer.publicKeys.get(kid);
  if (!key) {
    throw refusal('key', `its key id ${shown(kid ?? 'missing')} is none of this issuer's. Get a new token`);
  }
  if (verifySignature(key, signed, signature, 'sha256')) return;
  throw refusal('signature', 'its signature does not verify: it was changed after it was issued');
}

function readClaims(claims: Fields, audience: string): VerifiedToken & { notBefore: Date; issuedAt: Date } {
  try {
    const found = claims.string('aud');
    if (found !== audience) throw wrongAudience(found, audience);
    const subject = claims.string('sub');
    if (subject === '') throw refusal('claims', 'its subject is empty');
    const issuedAt = dateOf(claims.integer('iat'));
    return {
      subject,
      audience: found,
      claims,
      issuedAt,
      expiresAt: dateOf(claims.integer('exp')),
      notBefore: claims.has('nbf') ? dateOf(claims.integer('nbf')) : issuedAt,
    };
  } catch (cause) {
    if (isCoded(cause, 'shape_invalid')) throw refusal('claims', cause.message, {}, cause);
    throw cause;
  }
}

function wrongAudience(found: string, audience: string): Error {
  return refusal('audience', `meant for ${shown(found)}, expected ${shown(audience)}`);
}

function checkTimes(token: { expiresAt: Date; notBefore: Date; issuedAt: Date }, now: Date): void {
  if (token.expiresAt.getTime() + LEEWAY_MS <= now.getTime()) {
    throw refusal(
      'expired',
      `expired at ${token.expiresAt.toISOString()}, it is ${now.toISOString()} by the clock of this server. Get a new token`,
    );
  }
  const valid = Math.max(token.notBefore.getTime(), token.issuedAt.getTime());
  if (valid - LEEWAY_MS > now.getTime()) {
    throw refusal(
      'not_yet_valid',
      `not valid before ${new Date(valid).toISOString()}, it is ${now.toISOString()}: compare the clocks`,
    );
  }
}

function dateOf(seconds: number): Date {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) throw refusal('claims', `a time of ${seconds} seconds is out of range`);
  return date;
}

/** Whatever core says about the shape of the token is, at this door, a malformed token. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw malformed(messageOf(cause), cause);
  }
}

function malformed(reason: string, cause?: unknown): Error {
  return refusal('malformed', reason, {}, cause);
}

type Refusal = IdentityCode extends infer Code
  ? Code extends `identity_token_${infer Rest}`
    ? Rest
    : never
  : never;

function refusal(
  what: Refusal,
  reason: string,
  detail: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): Error {
  return identityError(`identity_token_${what}`, `Token refused: ${reason}.`, { detail, cause });
}

function shown(text: string): string {
  return quoted(text, 200);
}
