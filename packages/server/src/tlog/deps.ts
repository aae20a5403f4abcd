import type { BlobDriver, Clock, Db, Logger, PlaceMarker, Seal } from '../ground/index.ts';
import type { HighWater } from './high-water.ts';
import type { TlogMetrics } from './metrics.ts';

export interface TlogDeps {
  readonly db: Db;
  readonly blobs: BlobDriver;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: TlogMetrics;
  /** Names new logs; existing ones keep theirs. */
  readonly publicUrl: string;
  /** Lower-case letters, digits, hyphens; at most 40. */
  readonly instanceId: string;
  /** null: a store that is no directory, which cannot be copied in this way. */
  readonly place: PlaceMarker | null;
  /** null: none was asked for. */
  readonly highWater: HighWater | null;
  readonly limits?: Partial<SequencerLimits>;
}

export interface SequencerLimits {
  /** How long the first entry of an idle log waits for others. */
  readonly batchWaitMs: number;
  readonly batchEntries: number;
  /** More entries waiting than this: `tlog_busy`. */
  readonly queueEntries: number;
}

export const DEFAULT_LIMITS: SequencerLimits = { batchWaitMs: 10, batchEntries: 1024, queueEntries: 4096 };
