import type { Gauge, Metrics } from '../observe/metrics.ts';
import type { Clock } from './clock.ts';
import { CLOCK_SOURCES, type ClockGuard } from './clock-guard.ts';

export interface ClockMetrics {
  readonly believed: Gauge<Record<never, never>>;
  readonly ahead: Gauge<{ readonly source: typeof CLOCK_SOURCES }>;
}

export function clockMetrics(metrics: Metrics): ClockMetrics {
  return {
    believed: metrics.gauge({
      name: 'waybill_clock_believed',
      help: '0 while the clock is in doubt, and no certificates and timestamps are issued',
      labels: {},
    }),
    ahead: metrics.gauge({
      name: 'waybill_clock_ahead_seconds',
      help: 'How far the clock is ahead: of the time that passed, of a remote database, of the NTP servers',
      labels: { source: CLOCK_SOURCES },
    }),
  };
}

export function measureClock(guard: ClockGuard, clock: Clock, metrics: ClockMetrics): void {
  metrics.believed.read(() => [{ labels: {}, value: guard.doubt(clock()) === null ? 1 : 0 }]);
  metrics.ahead.read(() => guard.ahead().map(({ source, ms }) => ({ labels: { source }, value: ms / 1000 })));
}
