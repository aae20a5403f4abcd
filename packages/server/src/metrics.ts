/** Every figure of the server, declared in one place; each room fills its own. */
import { attestationMetrics } from './attestation/index.ts';
import { DEPENDENCY_NAMES } from './dependencies.ts';
import { gateMetrics } from './gate/index.ts';
import {
  clockMetrics,
  databaseMetrics,
  diskMetrics,
  followerMetrics,
  httpMetrics,
  jobMetrics,
  type Metrics,
  outboxMetrics,
  readinessMetrics,
} from './ground/index.ts';
import { tlogMetrics } from './tlog/index.ts';
import { trustMetrics } from './trust/index.ts';

export type ServerMetrics = ReturnType<typeof declareMetrics>;

export function declareMetrics(metrics: Metrics) {
  return {
    http: httpMetrics(metrics),
    dependencies: readinessMetrics(metrics, DEPENDENCY_NAMES),
    database: databaseMetrics(metrics),
    disks: diskMetrics(metrics),
    clock: clockMetrics(metrics),
    jobs: jobMetrics(metrics),
    outbox: outboxMetrics(metrics),
    followers: followerMetrics(metrics),
    tlog: tlogMetrics(metrics),
    trust: trustMetrics(metrics),
    attestation: attestationMetrics(metrics),
    gate: gateMetrics(metrics),
  };
}
