import type { Clock, Db } from '../ground/index.ts';

/** What every use case of this room works with. */
export interface ContractDeps {
  readonly db: Db;
  readonly clock: Clock;
}
