import { randomBytes } from 'node:crypto';
import { type Clock, type Db, type Logger, repeatJob, type Seal } from './ground/index.ts';
import { type IdentityDeps, issuerUrlOf, verifyIdentityToken } from './identity/index.ts';
import type { ServerMetrics } from './metrics.ts';
import type { Tlog } from './tlog/index.ts';
import { openTrust, openTuf, type Trust, type TrustDeps, type Tuf } from './trust/index.ts';

const RENEWAL_INTERVAL_MS = 60 * 60 * 1000;

export interface TrustParts {
  readonly db: Db;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly clockDoubt: TrustDeps['clockDoubt'];
  readonly log: Logger;
  readonly metrics: Pick<ServerMetrics, 'trust' | 'jobs'>;
  readonly publicUrl: string;
  readonly egress: TrustDeps['egress'];
  readonly operatorIssuers: TrustDeps['operatorIssuers'];
  readonly caKey: TrustDeps['caKey'];
  readonly undo: (() => Promise<void> | void)[];
}

/** The trust services, and the repository of what they publish, which is renewed from now on. */
export async function startTrust(
  parts: TrustParts,
  below: { readonly identity: IdentityDeps; readonly tlog: Tlog },
): Promise<{ readonly trust: Trust; readonly tuf: Tuf }> {
  const { db, seal, clock, clockDoubt, log, publicUrl, undo } = parts;
  const metrics = parts.metrics.trust;
  const { identity, tlog } = below;
  const trust = await openTrust({
    db,
    seal,
    clock,
    clockDoubt,
    log,
    metrics,
    publicUrl,
    issuerUrl: issuerUrlOf(publicUrl),
    tlog,
    verifyIdentityToken: (jwt) => verifyIdentityToken(identity, jwt),
    egress: parts.egress,
    operatorIssuers: parts.operatorIssuers,
    caKey: parts.caKey,
    randomBytes,
  });
  undo.push(() => trust.close());
  const documents = { publicUrl, trustedRoot: trust.trustedRoot(), signingConfig: trust.signingConfig() };
  const tuf = await openTuf({ db, seal, clock, clockDoubt, log, metrics, ...documents });
  const renewal = { name: 'renew-tuf', everyMs: RENEWAL_INTERVAL_MS, run: () => tuf.renew() };
  undo.push(repeatJob(renewal, { log, metrics: parts.metrics.jobs }));
  return { trust, tuf };
}
