import { cliError } from './exit.ts';

/** A positive integer option; undefined when it is absent. Throws `usage_invalid`. */
export function revisionOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw cliError('usage_invalid', `${option}: expected a number from 1 up, found ${JSON.stringify(text)}`);
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

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
  return Number(found[1]) * unit;
}
