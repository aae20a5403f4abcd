import type { Clock, Db, Logger } from '../ground/index.ts';
import type { Tlog } from '../tlog/index.ts';
import type { Trust } from '../trust/index.ts';

export interface AuditDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tlog: Tlog;
  readonly trust: Trust;
  /** A chain that grows is anchored again after this time. */
  readonly anchorIntervalMs: number;
}
