import { sha256 } from '@waybill/core/crypto';
import {
  signTufMetadata,
  type TufContent,
  type TufRole,
  type TufTarget,
  tufPointer,
  tufRoot,
  tufTargets,
} from '@waybill/core/trust';
import type { Tx } from '../ground/index.ts';
import {
  findTufMetadata,
  insertTufMetadata,
  insertTufTarget,
  listNewestTuf,
  pruneTuf,
  type TufMetadataFacts,
} from './queries/tuf.ts';
import type { TufKeys } from './tuf-keys.ts';

const MINUTE_MS = 60 * 1000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** How long a signature counts, and after which time it is replaced. */
const TERMS: Readonly<Record<TufRole, { readonly lifeMs: number; readonly renewMs: number }>> = {
  root: { lifeMs: 365 * DAY_MS, renewMs: 182 * DAY_MS },
  targets: { lifeMs: 90 * DAY_MS, renewMs: 30 * DAY_MS },
  snapshot: { lifeMs: 30 * DAY_MS, renewMs: 10 * DAY_MS },
  timestamp: { lifeMs: 7 * DAY_MS, renewMs: DAY_MS },
};
/** As long as somebody may hold a timestamp that leads there. */
const KEEP_MS = TERMS.timestamp.lifeMs;
/** At a time: a clock that is centuries ahead must not grow the chain that every client walks without end. */
const MAX_NEW_ROOTS = 64;

export interface SignTufDeps {
  readonly tx: Tx;
  readonly keys: TufKeys;
  readonly now: Date;
  readonly targets: readonly TufTarget[];
}

/**
 * Signs what is due and returns it; the caller holds the lock. `all` signs targets, snapshot and timestamp whatever
 * their age: at a start, when the documents may be others, and the database one that was restored.
 */
export async function signTuf(
  deps: SignTufDeps,
  { all }: { readonly all: boolean },
): Promise<readonly TufMetadataFacts[]> {
  const { tx, now, targets } = deps;
  const newest = new Map((await listNewestTuf(tx)).map((facts) => [facts.role, facts]));
  const signed = await signRoots(deps, newest.get('root'));
  let due = all;
  // A role that changes is named by a new version of the next.
  const renew = async (role: TufRole, content: TufContent): Promise<number> => {
    const present = newest.get(role);
    due ||= needsRenewal(present, now);
    if (present && !due) return present.version;
    const next = await sign(deps, { role, version: versionAfter(present, now), content });
    signed.push(next);
    return next.version;
  };
  const targetsVersion = await renew('targets', tufTargets(targets));
  if (due) await keepTargets(deps);
  const snapshotVersion = await renew('snapshot', tufPointer('targets.json', targetsVersion));
  await renew('timestamp', tufPointer('snapshot.json', snapshotVersion));
  await pruneTuf(tx, new Date(now.getTime() - KEEP_MS));
  return signed;
}

async function keepTargets({ tx, now, targets }: SignTufDeps): Promise<void> {
  for (const { name, bytes } of targets)
    await insertTufTarget(tx, { sha256: sha256(bytes), name, bytes }, now);
}

/**
 * Clients walk the roots one by one, so versions cannot jump. They follow the calendar from the first root on: a server
 * restored from a backup, and one that was down for years, comes to the version that it would have had.
 */
async function signRoots(
  deps: SignTufDeps,
  newest: TufMetadataFacts | undefined,
): Promise<TufMetadataFacts[]> {
  const { tx, now, keys } = deps;
  const first = await findTufMetadata(tx, { role: 'root', version: 1 });
  const ageMs = now.getTime() - (first?.signedAt ?? now).getTime();
  const have = newest?.version ?? 0;
  const wanted = 1 + Math.floor(ageMs / TERMS.root.renewMs);
  const { root, targets, snapshot, timestamp } = keys;
  const content = tufRoot({
    root: root.publicKey,
    targets: targets.publicKey,
    snapshot: snapshot.publicKey,
    timestamp: timestamp.publicKey,
  });
  const made: TufMetadataFacts[] = [];
  for (let version = have + 1; version <= Math.min(wanted, have + MAX_NEW_ROOTS); version++) {
    made.push(await sign(deps, { role: 'root', version, content }));
  }
  return made;
}

/** Also what was signed ahead of the clock, before that was set right: it would count for too long. */
function needsRenewal(present: TufMetadataFacts | undefined, now: Date): boolean {
  if (!present) return true;
  return Math.abs(now.getTime() - present.signedAt.getTime()) >= TERMS[present.role].renewMs;
}

/** Minutes since 1970: after a restore still above everything that was signed before. */
function versionAfter(present: TufMetadataFacts | undefined, now: Date): number {
  return Math.max((present?.version ?? 0) + 1, Math.floor(now.getTime() / MINUTE_MS));
}

async function sign(
  { tx, keys, now }: SignTufDeps,
  what: { readonly role: TufRole; readonly version: number; readonly content: TufContent },
): Promise<TufMetadataFacts> {
  const { role, version } = what;
  const expiresAt = new Date(now.getTime() + TERMS[role].lifeMs);
  const bytes = signTufMetadata({ ...what, expires: expiresAt }, keys[role]);
  const facts = { role, version, signedAt: now, expiresAt };
  await insertTufMetadata(tx, { ...facts, bytes });
  return facts;
}
