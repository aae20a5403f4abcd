import type { AttestationDeps } from '../attestation/index.ts';
import type { Clock, Db, Logger } from '../ground/index.ts';

export interface GateDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly attestation: AttestationDeps;
}
