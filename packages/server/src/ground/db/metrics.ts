import type { Gauge, Metrics } from '../observe/metrics.ts';
import type { Db } from './db.ts';

const STATES = ['total', 'idle', 'waiting'] as const;

type ByState = { readonly state: typeof STATES };

export function databaseMetrics(metrics: Metrics): Gauge<ByState> {
  return metrics.gauge({
    name: 'waybill_database_pool_connections',
    help: 'Connections of the pool (total, and idle of these), and transactions that wait for one',
    labels: { state: STATES },
  });
}

export function measureDatabase(db: Pick<Db, 'pool'>, metrics: Gauge<ByState>): void {
  metrics.read(() => {
    const pool = db.pool();
    return STATES.map((state) => ({ labels: { state }, value: pool[state] }));
  });
}
