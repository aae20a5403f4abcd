import { TUF_ROLES, type TufRole } from '@waybill/core/trust';
import type { Counter, Gauge, Metrics } from '../ground/index.ts';
import type { Holder } from './issue-certificate.ts';

type ByHolder = { readonly holder: readonly Holder[] };

export type Expiring = TufRole | 'certificate-authority' | 'timestamp-authority';

export interface TrustMetrics {
  readonly certificates: Counter<ByHolder>;
  readonly timestamps: Counter<ByHolder>;
  readonly expiry: Gauge<{ readonly what: readonly Expiring[] }>;
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
    expiry: metrics.gauge({
      name: 'waybill_trust_expiry_timestamp_seconds',
      help: 'When the newest TUF metadata of a role, or an authority, ends (Unix time); TUF metadata is renewed long before',
      labels: { what: [...TUF_ROLES, 'certificate-authority', 'timestamp-authority'] },
    }),
  };
}
