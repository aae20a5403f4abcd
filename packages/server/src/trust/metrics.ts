import type { Counter, Metrics } from '../ground/index.ts';
import type { Holder } from './issue-certificate.ts';

type ByHolder = { readonly holder: readonly Holder[] };

export interface TrustMetrics {
  readonly certificates: Counter<ByHolder>;
  readonly timestamps: Counter<ByHolder>;
}

export function trustMetrics(metrics: Metrics): TrustMetrics {
  const labels: ByHolder = { holder: ['client', 'server'] };
  return {
    certificates: metrics.counter({
      name: 'waybill_certificates_issued_total',
      help: 'Signing certificates, for clients and for the server itself',
      labels,
    }),
    timestamps: metrics.counter({
      name: 'waybill_timestamps_issued_total',
      help: 'RFC 3161 timestamps, for clients and for the server itself',
      labels,
    }),
  };
}
