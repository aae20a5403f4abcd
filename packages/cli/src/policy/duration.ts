import { cliError } from '../exit.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `2s`, `1m30s`, `250ms`. Throws `usage_invalid`. */
export function durationOf(option: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (text === '' || parts.map(([part]) => part).join('') !== text) {
    throw cliError(
      'usage_invalid',
      `${option} must be a time such as 500ms, 2s or 1m30s, found ${JSON.stringify(text)}`,
    );
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
}

/** As Go prints it: `1.5ms`, `12µs`, `1.25s`. */
export function goDuration(ns: number): string {
  if (ns < 1000) return `${ns}ns`;
  if (ns < 1_000_000) return `${trimmed(ns / 1000)}µs`;
  return ns < 1_000_000_000 ? `${trimmed(ns / 1_000_000)}ms` : `${trimmed(ns / 1_000_000_000)}s`;
}

function trimmed(count: number): string {
  return String(Number(count.toFixed(6)));
}
