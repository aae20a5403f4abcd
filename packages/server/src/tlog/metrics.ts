import type { Counter, Gauge, Histogram, Metrics } from '../ground/index.ts';
import type { LogKind } from './receipt.ts';

type OfLog = { readonly log: readonly LogKind[] };

export interface TlogMetrics {
  readonly size: Gauge<OfLog>;
  readonly checkpointAge: Gauge<OfLog>;
  readonly leader: Gauge<OfLog>;
  readonly waiting: Gauge<OfLog>;
  readonly batchEntries: Histogram<OfLog>;
  readonly wait: Histogram<OfLog>;
  readonly failedBatches: Counter<OfLog>;
  readonly contradictions: Counter<OfLog>;
}

export function tlogMetrics(metrics: Metrics): TlogMetrics {
  const labels: OfLog = { log: ['rekor', 'ct'] };
  return {
    size: metrics.gauge({
      name: 'waybill_tlog_entries',
      help: 'Entries that the published checkpoint covers',
      labels,
    }),
    checkpointAge: metrics.gauge({
      name: 'waybill_tlog_checkpoint_age_seconds',
      help: 'Time since the published checkpoint was signed; a log without new entries signs none',
      labels,
    }),
    leader: metrics.gauge({
      name: 'waybill_tlog_leader',
      help: '1 when this process writes the log',
      labels,
    }),
    waiting: metrics.gauge({
      name: 'waybill_tlog_waiting_entries',
      help: 'Entries that wait for their batch',
      labels,
    }),
    batchEntries: metrics.histogram({
      name: 'waybill_tlog_batch_entries',
      help: 'Entries of each batch that was written',
      labels,
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    }),
    wait: metrics.histogram({
      name: 'waybill_tlog_wait_seconds',
      help: 'From an entry that comes to its place under a published checkpoint',
      labels,
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    }),
    contradictions: metrics.counter({
      name: 'waybill_tlog_contradictions_total',
      help: 'Checkpoints with a valid signature of the log that it does not go on from; the first one freezes it',
      labels,
    }),
    failedBatches: metrics.counter({
      name: 'waybill_tlog_failed_batches_total',
      help: 'Batches that could not be written; their entries were refused',
      labels,
    }),
  };
}
