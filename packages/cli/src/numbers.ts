import { cliError } from './exit.ts';

/** A positive integer option; undefined when it is absent. Throws `usage_invalid`. */
export function revisionOf(
  text: string | undefined,
  option: string,
  most = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0 && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? 'from 1 up' : `from 1 to ${most}`;
  throw cliError('usage_invalid', `${option}: expected a number ${range}, found ${JSON.stringify(text)}`);
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** What the server takes as a lifetime. */
const MIN_SECONDS = 60;
const MAX_SECONDS = 3660 * 86_400;

/** `90d`, `12h`, `30m` in seconds. Throws `usage_invalid`. */
export function secondsOf(text: string, option: string): number {
  const found = /^(\d{1,9})([smhdw])$/.exec(text);
  const unit = found?.[2] === undefined ? undefined : UNIT_SECONDS[found[2]];
  if (!found || unit === undefined) {
    throw cliError(
      'usage_invalid',
      `${option}: expected a duration such as 30m, 12h or 90d, found ${JSON.stringify(text)}`,
    );
  }
  const seconds = Number(found[1]) * unit;
  if (seconds >= MIN_SECONDS && seconds <= MAX_SECONDS) return seconds;
  throw cliError('usage_invalid', `${option}: expected 1m to 3660d (ten years), found ${text}`);
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** A day (UTC), or a time with its zone, as RFC 3339 in UTC. Throws `usage_invalid`. */
export function instantOf(text: string, option: string): string {
  const at = new Date(text);
  // 2026-02-30 is none, though Date takes it for the second of March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
  if (TIME.test(text) && isDay && !Number.isNaN(at.getTime())) return at.toISOString();
  throw cliError(
    'usage_invalid',
    `${option}: expected a day such as 2026-12-01 or a time with its zone such as 2026-12-01T08:00:00Z, found ${JSON.stringify(text)}`,
  );
}
