/** time.ParseDuration, with the days, weeks and years that OPA adds. */
import { formatFloat } from './float-text.ts';
import { quoteTime } from './time-parse.ts';

export class DurationError extends Error {
  override readonly name = 'DurationError';
}

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1000n],
  ['µs', 1000n],
  ['μs', 1000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);
const HOURS: ReadonlyMap<string, number> = new Map([
  ['d', 24],
  ['w', 7 * 24],
  ['y', 365 * 24],
]);
const LIMIT = 1n << 63n;

/** Nanoseconds. */
export function parseExtendedDuration(text: string): bigint {
  if (!/[dwy]/.test(text)) {
    if (text === '') throw new DurationError('time: invalid duration ""');
    return parseDuration(text);
  }
  const rewritten = rewrite(text);
  try {
    return parseDuration(rewritten);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    const cut = error.message.lastIndexOf(' ');
    throw new DurationError(`${error.message.slice(0, cut)} "${text}"`);
  }
}

/** Days, weeks and years in hours. */
function rewrite(text: string): string {
  // Escaped: the command line is bundled as ASCII, and a bundler leaves regular expressions as they are.
  const shape = /^[-+]?(?:[0-9.]+(?:ms|us|\u00b5s|ns|[a-z]))+$/;
  if (!shape.test(text)) throw new DurationError(`time: invalid duration "${text}"`);
  return text.replaceAll(/([0-9.]+)(ms|us|\u00b5s|ns|[a-z])/g, (segment, digits: string, unit: string) => {
    const hours = HOURS.get(unit);
    if (hours === undefined) return segment;
    if (!/^(?:\d+\.?\d*|\.\d+)$/.test(digits)) throw new DurationError(`time: invalid duration "${text}"`);
    return `${formatFloat(Number(digits) * hours, 'f', -1)}h`;
  });
}

function parseDuration(text: string): bigint {
  const invalid = new DurationError(`time: invalid duration ${quoteTime(text)}`);
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  let rest = text.slice(sign.length);
  if (rest === '0') return 0n;
  if (rest === '') throw invalid;
  let total = 0n;
  while (rest !== '') {
    const found = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const [number = '', whole = '', fraction = ''] = found ?? [];
    if (number === '' || (whole === '' && fraction === '')) throw invalid;
    rest = rest.slice(number.length);
    const name = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (name === '') throw new DurationError(`time: missing unit in duration ${quoteTime(text)}`);
    rest = rest.slice(name.length);
    const unit = UNITS.get(name);
    if (unit === undefined) {
      throw new DurationError(`time: unknown unit ${quoteTime(name)} in duration ${quoteTime(text)}`);
    }
    total += BigInt(whole === '' ? '0' : whole) * unit + fractionOf(fraction, unit);
    if (total > LIMIT) throw invalid;
  }
  if (sign === '-') return -total;
  if (total > LIMIT - 1n) throw invalid;
  return total;
}

/** In floats, as Go has it. */
function fractionOf(digits: string, unit: bigint): bigint {
  const kept = digits.slice(0, 18);
  if (kept === '') return 0n;
  return BigInt(Math.trunc(Number(kept) * (Number(unit) / 10 ** kept.length)));
}
