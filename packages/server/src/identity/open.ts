import { type Clock, createRateLimit, type Db, type Logger, type Seal } from '../ground/index.ts';
import { openCredentials } from './credentials.ts';
import type { IdentityDeps } from './deps.ts';
import { openIssuer, parsePublicUrl } from './issuer.ts';
import { createSignIns, type SignInLimits } from './sign-ins.ts';
import { createTokenUsage } from './usage.ts';

/** Loads the issuer's keys (made on first start). `usage.settle()` before the database closes. */
export async function openIdentity(ground: {
  readonly db: Db;
  readonly clock: Clock;
  readonly seal: Seal;
  readonly log: Logger;
  readonly publicUrl: string;
  /** None unless told. */
  readonly limits?: SignInLimits;
}): Promise<IdentityDeps> {
  const publicUrl = parsePublicUrl(ground.publicUrl);
  return Object.freeze({
    db: ground.db,
    clock: ground.clock,
    log: ground.log,
    publicUrl,
    issuer: await openIssuer(ground, publicUrl),
    credentials: openCredentials(ground.db),
    usage: createTokenUsage(ground),
    signIns: createSignIns(ground.limits ?? { tokenPerSecond: 0, failedSignInsPerSecond: 0 }),
    refusedPipelines: createRateLimit({ perSecond: 1 }),
  });
}
