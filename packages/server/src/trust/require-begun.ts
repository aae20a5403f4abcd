import type { AuthorityFacts } from './authorities.ts';
import { trustError } from './errors.ts';

/**
 * What an authority signs before it began is trusted by nobody, and would stand in the log for good.
 * Throws `trust_clock_behind`.
 */
export function requireBegun(
  { kind, validFrom }: Pick<AuthorityFacts, 'kind' | 'validFrom'>,
  now: Date,
): void {
  if (validFrom <= now) return;
  throw trustError(
    'trust_clock_behind',
    `Nothing is signed: it is ${now.toISOString()} by the clock of the server, and its ${kind} began only at ` +
      `${validFrom.toISOString()}. Its operator must set the clock right; then try again.`,
  );
}
