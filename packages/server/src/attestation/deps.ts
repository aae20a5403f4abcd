import type { Clock, Db, Logger, SharedTransactions, Tracing } from '../ground/index.ts';
import type { RegistryDeps } from '../registry/index.ts';
import type { Tlog } from '../tlog/index.ts';
import type { Trust } from '../trust/index.ts';
import type { DocumentRoom } from './document-room.ts';
import type { AttestationMetrics } from './metrics.ts';
import type { Examiner } from './open-examiner.ts';
import type { Judge } from './open-judge.ts';

/** What every use case of this room works with. */
export interface AttestationDeps {
  readonly db: Db;
  /** For what each push reads. */
  readonly reads: SharedTransactions;
  /** For what ends runs. */
  readonly commits: SharedTransactions;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly metrics: AttestationMetrics;
  readonly examiner: Examiner;
  readonly documents: DocumentRoom;
  readonly judge: Judge;
  readonly registry: RegistryDeps;
  readonly tlog: Tlog;
  readonly trust: Trust;
  /** Origin of this server without a trailing slash. */
  readonly publicUrl: string;
  /** Version of this program, stated in verdicts. */
  readonly version: string;
  /** A run that is not attested within this time has expired. */
  readonly runLifetimeMs: number;
}
