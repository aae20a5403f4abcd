import { toHex } from '@waybill/core/bytes';
import type { CertificateAuthority, TrustedRoot, TufRole } from '@waybill/core/trust';
import type { Clock, Db, Logger, Seal } from '../ground/index.ts';
import type { TrustDeps } from './deps.ts';
import { trustError } from './errors.ts';
import type { Expiring, TrustMetrics } from './metrics.ts';
import { findTufMetadata, findTufTarget, listNewestTuf, lockTuf, type TufTargetRow } from './queries/tuf.ts';
import { requireBelievedClock } from './require-believed-clock.ts';
import { signTuf } from './sign-tuf.ts';
import { openTufKeys } from './tuf-keys.ts';
import { type TufDocuments, tufTargetsOf } from './tuf-targets.ts';

export interface TufDeps extends TufDocuments {
  readonly db: Db;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly clockDoubt: TrustDeps['clockDoubt'];
  readonly log: Logger;
  readonly metrics: Pick<TrustMetrics, 'expiry'>;
}

/** The TUF repository: any process reads, and whichever comes first signs what is due. */
export interface Tuf {
  /** A signed file as it is served; the newest unless a version is named. Throws `trust_tuf_not_found`. */
  readMetadata(file: { readonly role: TufRole; readonly version?: number }): Promise<Uint8Array>;
  /** Throws `trust_tuf_not_found`. */
  readTarget(target: Pick<TufTargetRow, 'sha256' | 'name'>): Promise<Uint8Array>;
  /** Signs what grows old. MUST be called again and again, at least once a day. Throws `trust_clock_doubted`. */
  renew(): Promise<void>;
}

/**
 * Makes the repository on the first start. When this resolves, the present documents are published and nothing served
 * has expired, however long the server was down. Throws `trust_tuf_unreadable` under another master key.
 */
export async function openTuf(deps: TufDeps): Promise<Tuf> {
  const { db, metrics, trustedRoot } = deps;
  await publish(deps, { all: true });
  metrics.expiry.read(async () => [
    ...(await db.asSystem(listNewestTuf)).map(({ role, expiresAt }) => sample(role, expiresAt)),
    ...authorityEnds(trustedRoot).map(([what, end]) => sample(what, end)),
  ]);
  return Object.freeze({
    readMetadata: async (file: Parameters<Tuf['readMetadata']>[0]) => {
      const found = await db.asSystem((tx) => findTufMetadata(tx, file));
      if (found) return found.bytes;
      throw trustError(
        'trust_tuf_not_found',
        `There is no ${file.version ?? 'newest'} version of ${file.role}.`,
      );
    },
    readTarget: async (target: Parameters<Tuf['readTarget']>[0]) => {
      const found = await db.asSystem((tx) => findTufTarget(tx, target));
      if (found) return found;
      const { name, sha256 } = target;
      throw trustError(
        'trust_tuf_not_found',
        `There is no target ${name} with the SHA-256 ${toHex(sha256)}.`,
      );
    },
    renew: async () => {
      // Versions follow the clock, and none is ever taken back.
      requireBelievedClock(deps, deps.clock());
      await publish(deps, { all: false });
    },
  });
}

async function publish(deps: TufDeps, extent: { readonly all: boolean }): Promise<void> {
  const { db, clock, log, trustedRoot } = deps;
  const now = clock();
  const { expired, signed } = await db.asSystem(async (tx) => {
    await lockTuf(tx);
    const keys = await openTufKeys(tx, deps);
    const before = await listNewestTuf(tx);
    return {
      expired: before.filter(({ expiresAt }) => expiresAt <= now),
      signed: await signTuf({ tx, keys, now, targets: tufTargetsOf(deps) }, extent),
    };
  });
  for (const { role, version, expiresAt } of expired) {
    log.warn({ role, version, expiredAt: expiresAt }, 'TUF metadata had expired and is signed again');
  }
  for (const { role, version, expiresAt } of signed) {
    log.info({ role, version, expiresAt }, 'signed TUF metadata');
  }
  for (const [authority, endsAt] of authorityEnds(trustedRoot)) {
    if (endsAt.getTime() - now.getTime() > WARN_MS) continue;
    log.warn({ authority, endsAt }, 'an authority ends soon, and nothing is signed by it afterwards');
  }
}

const WARN_MS = 90 * 24 * 60 * 60 * 1000;

function sample(what: Expiring, end: Date) {
  return { labels: { what }, value: end.getTime() / 1000 };
}

/** The newest authority of each kind, by the first of its certificates that ends. */
function authorityEnds(root: TrustedRoot): readonly (readonly [Expiring, Date])[] {
  const [certificates] = root.certificateAuthorities;
  const [timestamps] = root.timestampAuthorities;
  return [
    ...(certificates ? [['certificate-authority', endOf(certificates)] as const] : []),
    ...(timestamps ? [['timestamp-authority', endOf(timestamps)] as const] : []),
  ];
}

function endOf({ certificates }: CertificateAuthority): Date {
  return new Date(Math.min(...certificates.map(({ notAfter }) => notAfter.getTime())));
}
