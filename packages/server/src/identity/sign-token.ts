import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { IdentityDeps } from './deps.ts';

/**
 * The kinds of JWT that this server signs with one key. The header's `typ` keeps them apart (RFC 8725 §3.11): none
 * is ever accepted where another is expected.
 */
export const TOKEN_TYPE = {
  identity: 'JWT',
  registry: 'waybill-registry+jwt',
  access: 'waybill-access+jwt',
} as const;
export type TokenType = (typeof TOKEN_TYPE)[keyof typeof TOKEN_TYPE];

export interface SignedToken {
  readonly jwt: string;
  readonly id: string;
  readonly issuedAt: Date;
  readonly expiresInSeconds: number;
}

export async function signToken(
  deps: Pick<IdentityDeps, 'issuer' | 'clock'>,
  token: {
    readonly type: TokenType;
    readonly subject: string;
    readonly audience: string;
    readonly lifetimeSeconds: number;
    readonly claims: Readonly<Record<string, unknown>>;
  },
): Promise<SignedToken> {
  const issuedAtSeconds = Math.floor(deps.clock().getTime() / 1000);
  const id = randomUUID();
  const { kid, privateKey } = deps.issuer.signingKey;
  const jwt = await new SignJWT({ ...token.claims })
    .setProtectedHeader({ alg: 'RS256', typ: token.type, kid })
    .setIssuer(deps.issuer.url)
    .setSubject(token.subject)
    .setAudience(token.audience)
    .setIssuedAt(issuedAtSeconds)
    .setNotBefore(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + token.lifetimeSeconds)
    .setJti(id)
    .sign(privateKey);
  return {
    jwt,
    id,
    issuedAt: new Date(issuedAtSeconds * 1000),
    expiresInSeconds: token.lifetimeSeconds,
  };
}
