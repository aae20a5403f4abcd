import { uptime } from 'node:os';
import type { LocalTime } from './clock-guard.ts';

/** Time is an argument everywhere but in the composition root. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();

/** For whoever dates something: the system's clock, and what the system knows of time beside it. */
export function localTime(clock: Clock = systemClock): LocalTime {
  // A clock that somebody brings along is all the time there is.
  if (clock !== systemClock) {
    return { clock, elapsedMs: () => clock().getTime(), sleptMs: () => 0 };
  }
  return { clock, elapsedMs: () => performance.now(), sleptMs };
}

/** CLOCK_BOOTTIME counts the sleep of the machine, CLOCK_MONOTONIC does not. Elsewhere the uptime follows the clock. */
function sleptMs(): number {
  if (process.platform !== 'linux') return 0;
  return uptime() * 1000 - Number(process.hrtime.bigint() / 1000n) / 1000;
}
