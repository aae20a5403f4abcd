import type { Logger } from '../log/log.ts';
import type { Clock } from './clock.ts';

/** The clock of this machine beside the time that passes whatever anybody sets it to. */
export interface LocalTime {
  readonly clock: Clock;
  /** From any beginning; stands still while the machine sleeps. */
  elapsedMs(): number;
  /** How long the machine has slept since it was switched on; 0 where nobody can tell. */
  sleptMs(): number;
}

export const CLOCK_SOURCES = ['monotonic', 'database', 'ntp'] as const;
export type ClockSource = (typeof CLOCK_SOURCES)[number];

/** A clock that does not stand in this machine. */
export interface OtherClock {
  readonly source: Exclude<ClockSource, 'monotonic'>;
  /** In a sentence. */
  readonly name: string;
  /** How far ours is ahead of it for certain; null when it does not say. Never throws. */
  aheadMs(): Promise<number | null>;
}

export interface ClockGuard {
  /** Why nothing may be dated at this time of our clock; null when nothing speaks against it. Asks nobody. */
  doubt(time: Date): string | null;
  /** Asks the other clocks. Never throws. */
  look(): Promise<void>;
  /** How far our clock is ahead, as far as it is known. */
  ahead(): readonly { readonly source: ClockSource; readonly ms: number }[];
}

export interface ClockGuardOptions {
  readonly local: LocalTime;
  readonly others: readonly OtherClock[];
  readonly toleranceMs: number;
  readonly log: Logger;
}

/** As long as another clock may stay silent: the crystal of a bad machine is off by a third of a second an hour. */
const HOLDOVER_MS = 60 * 60 * 1000;

/**
 * Watches whether the clock can be believed. It is in doubt from the moment it moves by more than the tolerance
 * against the time that passed, and while another clock contradicts it or has said nothing for an hour. It is believed
 * again when it is back, or when all other clocks, if there are any, confirm what it shows now.
 */
export function guardClock(options: ClockGuardOptions): ClockGuard {
  const { local, others, toleranceMs, log } = options;
  const opinions = new Map<ClockSource, Opinion>();
  let anchor = momentOf(local);
  let lastDoubt: string | null = null;

  function moved(time: Date): number {
    const passedMs = local.elapsedMs() - anchor.elapsedMs;
    const aheadMs = time.getTime() - anchor.wallMs - passedMs;
    if (Math.abs(aheadMs) <= toleranceMs) return aheadMs;
    return aheadMs - (local.sleptMs() - anchor.sleptMs);
  }

  function doubt(time: Date): string | null {
    const movedMs = moved(time);
    if (Math.abs(movedMs) > toleranceMs) {
      return `the clock of the server is ${spoken(movedMs)} the time that passed: somebody or something set it`;
    }
    const nowMs = local.elapsedMs();
    return (
      others
        .map(({ source, name }) => doubtBy(name, opinions.get(source), { nowMs, toleranceMs }))
        .find((reason) => reason !== null) ?? null
    );
  }

  async function look(): Promise<void> {
    // Before anybody is asked: a clock that is set meanwhile is still seen to have moved.
    const asked = momentOf(local);
    const answers = await Promise.all(
      others.map(async (other) => ({ source: other.source, aheadMs: await other.aheadMs() })),
    );
    for (const { source, aheadMs } of answers) {
      if (aheadMs !== null) opinions.set(source, { aheadMs, atMs: local.elapsedMs() });
    }
    const confirmed = answers.every(({ aheadMs }) => aheadMs !== null && Math.abs(aheadMs) <= toleranceMs);
    if (confirmed && others.length > 0) anchor = asked;
    tell(doubt(local.clock()));
  }

  function tell(now: string | null): void {
    if (now !== null && lastDoubt === null) {
      log.error(
        { reason: now },
        'the clock is in doubt: no certificates and no timestamps until it is right',
      );
    } else if (now === null && lastDoubt !== null) log.info('the clock is believed again');
    lastDoubt = now;
  }

  return {
    doubt,
    look,
    ahead: () => [
      { source: 'monotonic', ms: moved(local.clock()) },
      ...[...opinions].map(([source, { aheadMs }]) => ({ source, ms: aheadMs })),
    ],
  };
}

interface Opinion {
  readonly aheadMs: number;
  readonly atMs: number;
}

function doubtBy(
  name: string,
  opinion: Opinion | undefined,
  { nowMs, toleranceMs }: { readonly nowMs: number; readonly toleranceMs: number },
): string | null {
  if (opinion === undefined) return `the clock of the server is not confirmed by ${name} yet`;
  if (Math.abs(opinion.aheadMs) > toleranceMs) {
    return `the clock of the server is ${spoken(opinion.aheadMs)} ${name}`;
  }
  const isOld = nowMs - opinion.atMs > HOLDOVER_MS;
  return isOld ? `the clock of the server has not been confirmed by ${name} for an hour` : null;
}

function momentOf({ clock, elapsedMs, sleptMs }: LocalTime) {
  return { wallMs: clock().getTime(), elapsedMs: elapsedMs(), sleptMs: sleptMs() };
}

function spoken(aheadMs: number): string {
  return `${(Math.abs(aheadMs) / 1000).toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
}
