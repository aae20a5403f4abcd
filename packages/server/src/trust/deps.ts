import type { Clock, Db, Egress, Logger, Seal } from '../ground/index.ts';
import type { Tlog } from '../tlog/index.ts';
import type { OperatorIssuers } from './issuers/operator-issuers.ts';
import type { CaKey } from './make-authority.ts';
import type { TrustMetrics } from './metrics.ts';

/** What a verified identity token says. */
export interface IdentityFacts {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Throws a coded error `identity_token_…` for any token that is not valid here and now for audience `sigstore`. */
export type VerifyIdentityToken = (jwt: string) => Promise<IdentityFacts>;

export interface TrustDeps {
  readonly db: Db;
  readonly seal: Seal;
  readonly clock: Clock;
  /** Why nothing may be dated at this time; null when nothing speaks against it. */
  readonly clockDoubt: (time: Date) => string | null;
  readonly log: Logger;
  readonly metrics: TrustMetrics;
  /** Origin of this server without a trailing slash. */
  readonly publicUrl: string;
  /** URL of the built-in OIDC issuer. */
  readonly issuerUrl: string;
  readonly tlog: Pick<Tlog, 'logPrecertificate' | 'describe' | 'frozen'>;
  readonly verifyIdentityToken: VerifyIdentityToken;
  /** How issuers are asked for their keys. */
  readonly egress: Egress;
  readonly operatorIssuers: OperatorIssuers;
  /** Of the certificate authority that is made on the first start; one that exists keeps its keys. */
  readonly caKey: CaKey;
  readonly randomBytes: (sizeBytes: number) => Uint8Array;
}
