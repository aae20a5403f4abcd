import type { OptionSpecs, OptionValues } from './command.ts';
import { revisionOf } from './numbers.ts';

/** Of every list that comes in pages. */
export const PAGE_OPTIONS = {
  limit: { type: 'string', value: 'N', summary: 'At most this many (200 at most)' },
  cursor: { type: 'string', value: 'TEXT', summary: 'Go on where the page before ended' },
} as const satisfies OptionSpecs;

/** Throws `usage_invalid`. */
export function pageOf({ limit, cursor }: OptionValues<typeof PAGE_OPTIONS>): {
  readonly limit?: number;
  readonly cursor?: string;
} {
  const most = revisionOf(limit, '--limit', 200);
  return { ...(most === undefined ? {} : { limit: most }), ...(cursor === undefined ? {} : { cursor }) };
}
