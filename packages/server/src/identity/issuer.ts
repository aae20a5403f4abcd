import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { messageOf } from '@waybill/core';
import { quoted } from '@waybill/core/bytes';
import { spkiOf } from '@waybill/core/crypto';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { type Clock, type Db, type Seal, type Tx, writeAudit } from '../ground/index.ts';
import { identityError } from './errors.ts';
import {
  adoptIssuer,
  insertSigningKey,
  listIssuers,
  listSigningKeys,
  lockFirstStart,
  type SigningKeyRow,
} from './queries.ts';

/** The built-in OIDC issuer: its URL and keys, held in memory of this process only. */
export interface Issuer {
  readonly url: string;
  readonly signingKey: { readonly kid: string; readonly privateKey: KeyObject };
  /** By kid, all keys whose tokens are accepted. */
  readonly publicKeys: ReadonlyMap<string, KeyObject>;
  /** What `/oidc/jwks` publishes. */
  readonly jwks: readonly JWK[];
}

/** The origin `publicUrl` names, without a trailing slash. Throws `identity_public_url_invalid`. */
export function parsePublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const web = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (!url || !web || url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    throw identityError(
      'identity_public_url_invalid',
      `public URL ${quoted(text)}: expected scheme, host and port only, like https://waybill.example.org ` +
        '(Sigstore clients drop path prefixes)',
    );
  }
  return url.origin;
}

export function issuerUrlOf(publicUrl: string): string {
  return `${publicUrl}/oidc`;
}

/**
 * Adopts `<publicUrl>/oidc` as issuer on first start and holds later starts to it, as certificates and contracts
 * name it. Throws `identity_issuer_changed` unless `allowChange`, and `identity_public_url_invalid`.
 * `howToAllow` completes the sentence "or …" for the operator.
 */
export async function checkIssuer(
  deps: { readonly db: Db; readonly clock: Clock },
  publicUrl: string,
  options: { readonly allowChange?: boolean; readonly howToAllow?: string } = {},
): Promise<void> {
  const wanted = issuerUrlOf(parsePublicUrl(publicUrl));
  await deps.db.asSystem(async (tx) => {
    await lockFirstStart(tx);
    const [current] = await listIssuers(tx);
    if (current === wanted) return;
    if (current !== undefined && options.allowChange !== true) {
      const before = current.replace(/\/oidc$/, '');
      const allow = options.howToAllow === undefined ? '' : `, or ${options.howToAllow}`;
      throw identityError(
        'identity_issuer_changed',
        `The public URL was ${before} and is now ${parsePublicUrl(publicUrl)}. Certificates and contracts name the ` +
          `issuer ${current}; new signatures under another one would not match them. Start with --url ${before}${allow}.`,
        { detail: { before: current, now: wanted } },
      );
    }
    await adoptIssuer(tx, wanted, deps.clock());
    await auditAdoption(tx, current ?? null, wanted);
  });
}

function auditAdoption(tx: Tx, before: string | null, now: string): Promise<void> {
  return writeAudit(tx, {
    orgId: null,
    actor: 'system',
    action: 'identity.adopt-issuer',
    target: now,
    outcome: 'ok',
    detail: { before },
  });
}

/** Loads the issuer's keys, and makes the first one. Throws `identity_signing_key_unreadable`. */
export async function openIssuer(
  deps: { readonly db: Db; readonly clock: Clock; readonly seal: Seal },
  publicUrl: string,
): Promise<Issuer> {
  const rows = await deps.db.asSystem((tx) => listSigningKeys(tx));
  const usable = rows.length > 0 ? rows : [await createSigningKey(deps)];
  const keys = await Promise.all(usable.map((row) => openSigningKey(deps.seal, row)));
  const [newest] = keys;
  if (newest === undefined) throw new Error('no signing key');
  return Object.freeze({
    url: issuerUrlOf(publicUrl),
    signingKey: Object.freeze({ kid: newest.kid, privateKey: newest.privateKey }),
    publicKeys: new Map(keys.map((key) => [key.kid, key.publicKey])),
    jwks: keys.map((key) => key.jwk),
  });
}

async function createSigningKey(deps: {
  readonly db: Db;
  readonly clock: Clock;
  readonly seal: Seal;
}): Promise<SigningKeyRow> {
  // Made before the transaction, which shall not stay open over the search for primes.
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const { kid } = await publishedJwk(publicKey);
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const row = { kid, sealed: deps.seal.seal(pkcs8, purposeOf(kid)) };
  return deps.db.asSystem(async (tx) => {
    await lockFirstStart(tx);
    const [other] = await listSigningKeys(tx);
    if (other) return other;
    await insertSigningKey(tx, { ...row, publicKey: spkiOf(publicKey), createdAt: deps.clock() });
    await writeAudit(tx, {
      orgId: null,
      actor: 'system',
      action: 'identity.create-signing-key',
      target: `signing-key:${kid}`,
      outcome: 'ok',
    });
    return row;
  });
}

async function openSigningKey(seal: Seal, row: SigningKeyRow) {
  const privateKey = unsealKey(seal, row);
  const publicKey = createPublicKey(privateKey);
  const jwk = await publishedJwk(publicKey);
  return { kid: jwk.kid, privateKey, publicKey, jwk };
}

function unsealKey(seal: Seal, row: SigningKeyRow): KeyObject {
  try {
    const pkcs8 = Buffer.from(seal.open(row.sealed, purposeOf(row.kid)));
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw unreadable(row.kid, messageOf(cause), cause);
  }
}

function unreadable(kid: string, reason: string, cause?: unknown): Error {
  return identityError(
    'identity_signing_key_unreadable',
    `The issuer's signing key ${kid} cannot be opened (${reason}). Start with the master key under which this ` +
      'data was created.',
    { cause },
  );
}

function purposeOf(kid: string): string {
  return `identity signing key ${kid}`;
}

/** RFC 7638: the kid is the thumbprint, so that a key has one name everywhere. */
async function publishedJwk(publicKey: KeyObject): Promise<JWK & { readonly kid: string }> {
  const jwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { ...jwk, kid, use: 'sig', alg: 'RS256' };
}
