/** Tokens of issuers other than the built-in one. */
import { isCoded, messageOf } from '@waybill/core';
import { Fields, fromBase64, type Json, parseJson } from '@waybill/core/bytes';
import { checkTokenClaims, type VerifiedToken } from '@waybill/core/fulcio';
import { compactVerify } from 'jose';
import type { Clock } from '../../ground/index.ts';
import { trustError } from '../errors.ts';
import type { IssuerAddress, IssuerKey, IssuerKeys } from './issuer-keys.ts';

const MAX_CHARS = 16_384;

/** Algorithm by algorithm: a key of another kind never meets it, so that a public key is no shared secret. */
const KEY_TYPES: Readonly<Record<string, string>> = {
  RS256: 'rsa',
  RS384: 'rsa',
  RS512: 'rsa',
  PS256: 'rsa',
  PS384: 'rsa',
  PS512: 'rsa',
  ES256: 'ec',
  ES384: 'ec',
  ES512: 'ec',
  EdDSA: 'ed25519',
};

/** What a token says of itself. Nothing of it is believed yet. */
export interface ClaimedToken {
  readonly issuer: string;
  readonly alg: string;
  readonly kid: string | undefined;
}

/** Throws `trust_token_malformed` for what is no JWT (RFC 7515 §3.1) with an issuer. */
export function parseClaimedToken(jwt: string): ClaimedToken {
  if (jwt.length > MAX_CHARS) throw malformed(`${jwt.length} characters, the limit is ${MAX_CHARS}`);
  const [, header, payload] = /^([\w-]+)\.([\w-]+)\.([\w-]*)$/.exec(jwt) ?? [];
  if (header === undefined || payload === undefined) throw malformed('expected three base64url parts');
  return reading(() => {
    const head = parsePart(fromBase64(header, 'token header'));
    const issuer = parsePart(fromBase64(payload, 'token claims')).optionalString('iss') ?? '';
    if (head.has('crit') || head.has('b64'))
      throw malformed('header extensions (crit, b64) are not accepted');
    return { issuer, alg: head.optionalString('alg') ?? 'none', kid: head.optionalString('kid') };
  });
}

/**
 * Signature, issuer, audience and time of a token. Keys are those that the issuer publishes; nothing in the token can
 * point to another. Throws `trust_token_refused`, `trust_issuer_unreachable`, and `trust_token_claims` for a token that
 * the issuer did sign, but for another audience or time.
 */
export async function verifyForeignToken(
  deps: { readonly keys: IssuerKeys; readonly clock: Clock },
  jwt: string,
  expected: { readonly address: IssuerAddress; readonly audience: string },
): Promise<VerifiedToken> {
  const { alg, kid } = parseClaimedToken(jwt);
  const type = Object.hasOwn(KEY_TYPES, alg) ? KEY_TYPES[alg] : undefined;
  if (type === undefined)
    throw refused(
      `it is signed with ${JSON.stringify(alg.slice(0, 40))}, expected ${Object.keys(KEY_TYPES).join(', ')}`,
    );
  const keys = await deps.keys.find(expected.address, kid);
  const fitting = keys.filter(({ key, alg: own = alg }) => key.asymmetricKeyType === type && own === alg);
  if (fitting.length === 0) {
    throw refused(
      `its issuer publishes no key ${JSON.stringify(kid?.slice(0, 100) ?? 'without an id')} for ${alg}`,
    );
  }
  const claims = await claimsSignedBy(fitting, jwt, alg);
  const facts = { issuer: expected.address.url, audience: expected.audience, now: deps.clock() };
  try {
    return checkTokenClaims(claims, facts);
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw trustError('trust_token_claims', cause.message, { cause });
  }
}

async function claimsSignedBy(
  keys: readonly IssuerKey[],
  jwt: string,
  alg: string,
): Promise<Readonly<Record<string, Json>>> {
  for (const { key } of keys) {
    const payload = await verifiedPayload(jwt, key, alg);
    if (payload) return reading(() => objectOf(parsePart(payload)));
  }
  throw refused('its signature does not verify: it was changed after it was issued');
}

async function verifiedPayload(
  jwt: string,
  key: IssuerKey['key'],
  alg: string,
): Promise<Uint8Array | undefined> {
  try {
    return (await compactVerify(jwt, key, { algorithms: [alg] })).payload;
  } catch (error) {
    // jose throws for every signature that is wrong, also over a key that does not fit its algorithm.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function parsePart(bytes: Uint8Array): Fields {
  return new Fields(parseJson(bytes, 'identity token', { maxDepth: 16 }), 'identity token');
}

function objectOf(fields: Fields): Readonly<Record<string, Json>> {
  return Object.fromEntries(fields.keys().map((key) => [key, fields.raw(key) ?? null]));
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isCoded(cause, 'trust_token_malformed')) throw cause;
    throw malformed(messageOf(cause), cause);
  }
}

/** What core says against a token is, at this door, the token's fault. */
export function checking<T>(check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw trustError('trust_token_refused', cause.message, { cause });
  }
}

function malformed(reason: string, cause?: unknown): Error {
  return trustError('trust_token_malformed', `Identity token: ${reason.slice(0, 300)}.`, { cause });
}

function refused(reason: string): Error {
  return trustError('trust_token_refused', `The identity token is refused: ${reason}.`);
}
