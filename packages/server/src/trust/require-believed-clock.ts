import type { TrustDeps } from './deps.ts';
import { trustError } from './errors.ts';

/** A certificate or timestamp of another time is worth having for whoever can set a clock. Throws `trust_clock_doubted`. */
export function requireBelievedClock({ clockDoubt }: Pick<TrustDeps, 'clockDoubt'>, time: Date): void {
  const doubt = clockDoubt(time);
  if (doubt === null) return;
  throw trustError(
    'trust_clock_doubted',
    `Nothing is signed at ${time.toISOString()}: ${doubt}. Its operator must see to the clock; then try again.`,
  );
}
