import type { Secret } from '@waybill/core';
import type { Db } from '../db/db.ts';
import { isLoopbackHost } from '../http/metrics.ts';
import type { Logger } from '../log/log.ts';
import { type ClockGuard, guardClock, type LocalTime } from './clock-guard.ts';
import { type JobMetrics, repeatJob } from './jobs.ts';
import { type ClockMetrics, measureClock } from './metrics.ts';
import type { NtpServer } from './ntp.ts';
import { databaseClock, ntpClock } from './other-clocks.ts';

/** As often as RFC 5905 lets a client ask that has no reason to hurry. */
const LOOK_INTERVAL_MS = 64_000;

export interface WatchClockOptions {
  readonly local: LocalTime;
  readonly db: Pick<Db, 'asSystem'>;
  /** null: the embedded one. */
  readonly databaseUrl: Secret<string> | null;
  readonly ntpServers: readonly NtpServer[];
  readonly clockToleranceMs: number;
  readonly log: Logger;
  readonly metrics: { readonly clock: ClockMetrics; readonly jobs: JobMetrics };
}

/** The guard over the clock, with the other clocks that there are; it has asked each of them once. */
export async function watchClock(
  options: WatchClockOptions,
): Promise<{ readonly guard: ClockGuard; readonly stop: () => Promise<void> }> {
  const { local, db, databaseUrl, ntpServers, log, metrics } = options;
  const others = [
    ...(databaseUrl !== null && isElsewhere(databaseUrl) ? [databaseClock(db, local)] : []),
    ...(ntpServers.length > 0 ? [ntpClock(ntpServers, local)] : []),
  ];
  const guard = guardClock({ local, others, toleranceMs: options.clockToleranceMs, log });
  await guard.look();
  measureClock(guard, local.clock, metrics.clock);
  const job = { name: 'watch-clock', everyMs: LOOK_INTERVAL_MS, run: guard.look };
  return { guard, stop: repeatJob(job, { log, metrics: metrics.jobs }) };
}

/** A socket has no host, or a path in its place. */
function isElsewhere(databaseUrl: Secret<string>): boolean {
  const { hostname, searchParams } = new URL(databaseUrl.reveal());
  const host = decodeURIComponent(searchParams.get('host') ?? hostname);
  return host !== '' && !host.startsWith('/') && !isLoopbackHost(host);
}
