import { auditChange, auditRefusal } from './audit-change.ts';
import { authorize } from './authorize.ts';
import type { IdentityDeps } from './deps.ts';
import { identityError } from './errors.ts';
import { checkFree, noSuchKey, parseNewKey } from './keys.ts';
import { actorOf, type Principal } from './principal.ts';
import {
  findKeyRow,
  insertKey,
  type KeyRow,
  listKeyRows,
  type Revocation,
  setRevoked,
  setValidUntil,
} from './queries/keys.ts';
import { lockOrganization } from './queries.ts';

const MAX_OVERLAP_SECONDS = 366 * 24 * 60 * 60;

/**
 * Gives the live key of a name a successor under the same name, so that contracts need no change; both count for
 * `overlapSeconds`. Throws `identity_key_not_found`, `identity_key_invalid`, `identity_key_exists`,
 * `identity_forbidden`.
 */
export async function rotateKey(
  deps: IdentityDeps,
  principal: Principal,
  input: {
    readonly name: string;
    readonly publicKey: string;
    readonly reference?: string | undefined;
    readonly overlapSeconds: number;
    readonly requestId?: string | undefined;
  },
): Promise<KeyRow> {
  const attempt = { principal, action: 'identity.rotate-key', requestId: input.requestId };
  await auditRefusal(deps, attempt, targetOf(input.name), async () => authorize(principal, 'write-key'));
  const key = parseNewKey(input);
  const overlapSeconds = Math.min(Math.max(0, input.overlapSeconds), MAX_OVERLAP_SECONDS);
  return deps.db.withOrg(principal.orgId, async (tx) => {
    await lockOrganization(tx);
    const former = await findKeyRow(tx, { name: input.name });
    if (!former) throw noSuchKey(input.name);
    const now = deps.clock();
    const validUntil = new Date(now.getTime() + overlapSeconds * 1000);
    await setValidUntil(tx, former.fingerprint, validUntil);
    await checkFree(tx, { name: input.name, ...key });
    const row = await insertKey(tx, {
      ...key,
      name: input.name,
      orgId: principal.orgId,
      createdAt: now,
      createdBy: actorOf(principal),
    });
    await auditChange(tx, attempt, targetOf(input.name), {
      fingerprint: row.fingerprint,
      former: former.fingerprint,
      validUntil: validUntil.toISOString(),
    });
    return row;
  });
}

/**
 * Ends a key. Retired: what a timestamp proves to be signed before still verifies. Compromised: nothing does, but what
 * was signed and judged before `since`; verdicts on the rest are withdrawn. A retired key may be found compromised
 * later, never the other way round. Throws `identity_key_not_found`, `identity_key_exists` when the name has several,
 * `identity_key_revoked`, `identity_forbidden`.
 */
export async function revokeKey(
  deps: IdentityDeps,
  principal: Principal,
  input: {
    readonly name: string;
    /** Which of several keys under the name. */
    readonly fingerprint?: string | undefined;
    readonly revocation: Revocation;
    readonly since?: Date | undefined;
    readonly requestId?: string | undefined;
  },
): Promise<KeyRow> {
  const attempt = { principal, action: 'identity.revoke-key', requestId: input.requestId };
  await auditRefusal(deps, attempt, targetOf(input.name), async () => authorize(principal, 'write-key'));
  return deps.db.withOrg(principal.orgId, async (tx) => {
    await lockOrganization(tx);
    const key = oneOf(await listKeyRows(tx), input);
    if (key.revocation !== null && !(key.revocation === 'retired' && input.revocation === 'compromised')) {
      throw identityError(
        'identity_key_revoked',
        `The key ${input.name} (${key.fingerprint}) was revoked as ${key.revocation} at ${key.revokedAt?.toISOString()} already.`,
      );
    }
    const now = deps.clock();
    const at = key.revokedAt ?? now;
    const since = input.revocation === 'compromised' ? earlier(input.since ?? null, now) : null;
    const row = await setRevoked(tx, key.fingerprint, { at, revocation: input.revocation, since });
    await auditChange(tx, attempt, targetOf(input.name), {
      fingerprint: row.fingerprint,
      revocation: input.revocation,
      since: since?.toISOString() ?? null,
    });
    return row;
  });
}

/** A time to come would leave a key in use that somebody has just given up. */
function earlier(since: Date | null, now: Date): Date | null {
  return since !== null && since > now ? now : since;
}

/** When a key ceased to prove anything, in words too. `at` null: it never did; answer null: it has not ended. */
export function endOfKey(key: KeyRow): { readonly at: Date | null; readonly what: string } | null {
  const { revocation, revokedAt, validUntil, compromisedSince } = key;
  if (revocation === 'compromised') {
    const since = compromisedSince === null ? '' : ` since ${compromisedSince.toISOString()}`;
    return { at: compromisedSince, what: `is compromised${since}` };
  }
  if (revokedAt !== null) return { at: revokedAt, what: `was revoked at ${revokedAt.toISOString()}` };
  if (validUntil === null) return null;
  return { at: validUntil, what: `has a successor and counted until ${validUntil.toISOString()}` };
}

function oneOf(
  keys: readonly KeyRow[],
  { name, fingerprint }: { readonly name: string; readonly fingerprint?: string | undefined },
): KeyRow {
  const named = keys.filter((key) => key.name === name);
  if (fingerprint !== undefined) {
    const found = named.find((key) => key.fingerprint === fingerprint);
    if (found) return found;
    throw noSuchKey(`${name} with the fingerprint ${fingerprint.slice(0, 80)}`);
  }
  const open = named.filter((key) => key.revocation === null);
  const [only, ...others] = open.length > 0 ? open : named;
  if (!only) throw noSuchKey(name);
  if (others.length === 0) return only;
  throw identityError(
    'identity_key_exists',
    `There are ${1 + others.length} keys named ${name}: say which by its fingerprint; \`waybill key list\` shows them.`,
  );
}

const targetOf = (name: string) => `key:${name.slice(0, 63)}`;
