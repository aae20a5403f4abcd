import type { Decision } from '@waybill/api';
import type { Counter, Metrics } from '../ground/index.ts';

export interface GateMetrics {
  readonly decisions: Counter<{ readonly outcome: readonly Decision['outcome'][] }>;
}

export function gateMetrics(metrics: Metrics): GateMetrics {
  return {
    decisions: metrics.counter({
      name: 'waybill_gate_decisions_total',
      help: 'Recorded decisions',
      labels: { outcome: ['allow', 'deny', 'error'] },
    }),
  };
}
