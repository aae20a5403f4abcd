import type { Receipt } from '@waybill/api';
import type { Counter, Metrics } from '../ground/index.ts';
import { REFUSING_STEPS, type Step } from './refuse.ts';

export interface AttestationMetrics {
  readonly judged: Counter<{ readonly result: readonly Receipt['result'][] }>;
  readonly refused: Counter<{ readonly step: readonly Step[] }>;
}

export function attestationMetrics(metrics: Metrics): AttestationMetrics {
  return {
    judged: metrics.counter({
      name: 'waybill_attestations_total',
      help: 'Attestations that were judged and kept; a retry counts once',
      labels: { result: ['PASSED', 'FAILED'] },
    }),
    refused: metrics.counter({
      name: 'waybill_attestation_refusals_total',
      help: 'Attestations that were refused, by the step of accept() that did',
      labels: { step: REFUSING_STEPS },
    }),
  };
}
