import type { AttestationDeps } from '../attestation/index.ts';
import type { Clock, Db, Logger } from '../ground/index.ts';
import type { GateMetrics } from './metrics.ts';

export interface GateDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: GateMetrics;
  readonly attestation: AttestationDeps;
}
