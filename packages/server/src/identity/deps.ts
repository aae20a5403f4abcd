import type { Clock, Db, Logger, RateLimit } from '../ground/index.ts';
import type { Credentials } from './credentials.ts';
import type { Issuer } from './issuer.ts';
import type { SignIns } from './sign-ins.ts';
import type { TokenUsage } from './usage.ts';

/** What every use case of this room works with; made by `openIdentity`. */
export interface IdentityDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  /** Origin of this server without a trailing slash. */
  readonly publicUrl: string;
  readonly issuer: Issuer;
  readonly credentials: Credentials;
  readonly usage: TokenUsage;
  readonly signIns: SignIns;
  /** Audit rows that strangers can cause in an organisation. */
  readonly refusedPipelines: RateLimit;
}
