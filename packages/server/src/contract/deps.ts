import type { Clock, Db } from '../ground/index.ts';
import type { CountRuns } from './runs-port.ts';

/** What every use case of this room works with. */
export interface ContractDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly countRuns: CountRuns;
}
