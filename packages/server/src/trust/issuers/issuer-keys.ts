/** Public keys of other issuers: found by discovery, kept for a while, asked for again when a key is new. */
import { createPublicKey } from 'node:crypto';
import { isCoded, messageOf } from '@waybill/core';
import { Fields, type Json, parseJson } from '@waybill/core/bytes';
import type { KeyObject } from '@waybill/core/crypto';
import type { Clock, Egress } from '../../ground/index.ts';
import { trustError } from '../errors.ts';

/** How long keys count without a question. */
const FRESH_MS = 10 * 60_000;
/** How long they still count while the issuer does not answer: a key that was withdrawn shall not live on for long. */
const STALE_MS = 60 * 60_000;
/** An unknown key id is asked for at most this often, so that a flood of them costs the issuer one question. */
const ROLLOVER_MS = 30_000;
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 60_000;
const MAX_ISSUERS = 500;
const MAX_KEYS = 100;

export interface IssuerKey {
  /** Undefined where the issuer names no keys. */
  readonly kid: string | undefined;
  /** Undefined where the issuer leaves it open. */
  readonly alg: string | undefined;
  readonly key: KeyObject;
}

export interface IssuerKeys {
  /**
   * The keys that a token of `kid` may be signed with. Throws `trust_issuer_unreachable` when they cannot be had,
   * which says nothing about the token.
   */
  find(issuer: IssuerAddress, kid: string | undefined): Promise<readonly IssuerKey[]>;
}

export interface IssuerAddress {
  readonly url: string;
  /** PEM, trusted for this issuer. */
  readonly ca?: string;
}

interface Known {
  keys: readonly IssuerKey[];
  fetchedAt: number;
  /** Of the last question, whatever came of it. */
  askedAt: number;
  failures: number;
  failure: unknown;
  pending: Promise<void> | undefined;
}

export function createIssuerKeys(deps: { readonly egress: Egress; readonly clock: Clock }): IssuerKeys {
  const known = new Map<string, Known>();
  return Object.freeze({
    async find(issuer: IssuerAddress, kid: string | undefined) {
      const entry = entryOf(known, issuer);
      const now = deps.clock().getTime();
      if (now - entry.fetchedAt >= FRESH_MS) await refresh(deps, entry, issuer);
      const found = matching(entry.keys, kid);
      if (found.length > 0 || now - entry.askedAt < ROLLOVER_MS) return usable(deps, entry, issuer, found);
      await refresh(deps, entry, issuer);
      return usable(deps, entry, issuer, matching(entry.keys, kid));
    },
  });
}

function entryOf(known: Map<string, Known>, { url, ca = '' }: IssuerAddress): Known {
  const name = `${url}\n${ca}`;
  const entry = known.get(name) ?? {
    keys: [],
    fetchedAt: Number.NEGATIVE_INFINITY,
    askedAt: Number.NEGATIVE_INFINITY,
    failures: 0,
    failure: undefined,
    pending: undefined,
  };
  // The one that was not needed for longest goes first.
  known.delete(name);
  known.set(name, entry);
  const [oldest] = known.keys();
  if (known.size > MAX_ISSUERS && oldest !== undefined) known.delete(oldest);
  return entry;
}

/** One question at a time, and none while the issuer is left alone after a failure. */
async function refresh(
  deps: { readonly egress: Egress; readonly clock: Clock },
  entry: Known,
  issuer: IssuerAddress,
): Promise<void> {
  const now = deps.clock().getTime();
  if (entry.failures > 0 && now - entry.askedAt < backoffMs(entry.failures)) return;
  entry.pending ??= ask(deps, entry, issuer).finally(() => {
    entry.pending = undefined;
  });
  await entry.pending;
}

function backoffMs(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 10), LONGEST_BACKOFF_MS);
}

async function ask(
  { egress, clock }: { readonly egress: Egress; readonly clock: Clock },
  entry: Known,
  issuer: IssuerAddress,
): Promise<void> {
  entry.askedAt = clock().getTime();
  try {
    entry.keys = await discover(egress, issuer);
    entry.fetchedAt = clock().getTime();
    entry.failures = 0;
    entry.failure = undefined;
  } catch (error) {
    // What is thrown is kept: `usable` decides whether the keys of before still do.
    entry.failures++;
    entry.failure = error;
  }
}

function usable(
  { clock }: { readonly clock: Clock },
  entry: Known,
  issuer: IssuerAddress,
  found: readonly IssuerKey[],
): readonly IssuerKey[] {
  const isDown = entry.failures > 0;
  const isStale = clock().getTime() - entry.fetchedAt >= STALE_MS;
  if (!isDown || (found.length > 0 && !isStale)) return found;
  throw trustError(
    'trust_issuer_unreachable',
    `The issuer ${issuer.url} cannot be asked for its keys, which says nothing about the token: ` +
      `${messageOf(entry.failure).slice(0, 300)} Try again in a moment.`,
    { cause: entry.failure },
  );
}

function matching(keys: readonly IssuerKey[], kid: string | undefined): readonly IssuerKey[] {
  return kid === undefined ? keys : keys.filter((key) => key.kid === kid);
}

/** OpenID Connect Discovery §4: the document MUST name the very issuer that was asked. */
async function discover(egress: Egress, issuer: IssuerAddress): Promise<readonly IssuerKey[]> {
  const options = issuer.ca === undefined ? {} : { ca: issuer.ca };
  const base = issuer.url.replace(/\/$/, '');
  const about = await egress.read(`${base}/.well-known/openid-configuration`, options);
  const document = new Fields(parseJson(about, 'discovery document', { maxDepth: 8 }), 'discovery document');
  const named = document.string('issuer');
  if (named !== issuer.url) {
    throw new Error(`its discovery document names the issuer ${JSON.stringify(named.slice(0, 200))}.`);
  }
  return parseKeySet(await egress.read(document.string('jwks_uri'), options));
}

/** RFC 7517 §5: keys of kinds, sizes or uses that are not for signatures here are left out. Throws `json_…`, `shape_…`. */
export function parseKeySet(bytes: Uint8Array): readonly IssuerKey[] {
  const set = new Fields(parseJson(bytes, 'key set', { maxDepth: 8 }), 'key set');
  return set.objects('keys').slice(0, MAX_KEYS).flatMap(readKey);
}

function readKey(jwk: Fields): readonly IssuerKey[] {
  if ((jwk.optionalString('use') ?? 'sig') !== 'sig') return [];
  const members = ['kty', 'n', 'e', 'crv', 'x', 'y'].flatMap((name) => {
    const value = jwk.raw(name);
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  const key = keyFrom(Object.fromEntries(members));
  if (key === undefined || !isStrong(key)) return [];
  return [{ kid: jwk.optionalString('kid'), alg: jwk.optionalString('alg'), key }];
}

/** Only public members are read. A symmetric key, or one of another kind, is none of ours. */
function keyFrom(jwk: Readonly<Record<string, Json>>): KeyObject | undefined {
  if (jwk['kty'] !== 'RSA' && jwk['kty'] !== 'EC' && jwk['kty'] !== 'OKP') return undefined;
  try {
    return createPublicKey({ key: jwk as Record<string, string>, format: 'jwk' });
  } catch (error) {
    if (isCoded(error)) throw error;
    return undefined;
  }
}

function isStrong(key: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= 2048 && modulusLength <= 8192;
  if (key.asymmetricKeyType === 'ec') return ['prime256v1', 'secp384r1', 'secp521r1'].includes(namedCurve);
  return key.asymmetricKeyType === 'ed25519';
}
