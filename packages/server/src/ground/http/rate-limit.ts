import { isIP, isIPv6 } from 'node:net';
import { CodedError, isCoded } from '@waybill/core';

/** How many a key may use per second, as a mean over ten seconds: a burst may use the whole of it at once. */
export interface RateLimit {
  /** Uses one. Zero when there was one left, else the milliseconds until there is, and nothing is used. */
  take(key: string): number;
  /** As `take`, and uses nothing. */
  waitMs(key: string): number;
}

const WINDOW_MS = 10_000;
/** What is forgotten first is what was used longest ago: memory stays bounded whoever asks. */
const MAX_KEYS = 20_000;

/** `perSecond` 0 is no limit. Counts in this process only. */
export function createRateLimit(options: {
  readonly perSecond: number;
  readonly maxKeys?: number;
  /** Any clock that never goes back. */
  nowMs?(): number;
}): RateLimit {
  const { perSecond, maxKeys = MAX_KEYS, nowMs = () => performance.now() } = options;
  if (perSecond === 0) return { take: () => 0, waitMs: () => 0 };
  const stepMs = 1000 / perSecond;
  // GCRA: per key the moment up to which its uses are paid for.
  const paidUntil = new Map<string, number>();
  const after = (key: string, now: number): number => Math.max(paidUntil.get(key) ?? 0, now) + stepMs;
  const over = (next: number, now: number): number => Math.max(0, next - now - WINDOW_MS);
  return {
    take(key) {
      const now = nowMs();
      const next = after(key, now);
      const wait = over(next, now);
      if (wait > 0) return wait;
      // Set anew, a key is the last to be forgotten.
      paidUntil.delete(key);
      paidUntil.set(key, next);
      if (paidUntil.size > maxKeys) paidUntil.delete(paidUntil.keys().next().value ?? '');
      return 0;
    },
    waitMs(key) {
      const now = nowMs();
      return over(after(key, now), now);
    },
  };
}

/** Who an address stands for: an IPv6 customer has a /64 at least, and with it 2⁶⁴ addresses. */
export function addressKey(forwarded: string): string {
  // Some proxies append the port to what they forward.
  const address = /^\[(.+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(forwarded)?.slice(1).find(Boolean) ?? forwarded;
  if (!isIPv6(address)) return isIP(address) === 0 ? 'unknown' : address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [left = '', right] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  // A dotted end takes the place of two groups.
  const missing = right === undefined ? 0 : 8 - groups.length - tail.length - (right.includes('.') ? 1 : 0);
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...tail];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** `rate_limited`: HTTP shows it as 429, with Retry-After from `retryAfterOf`. */
export function rateLimited(what: string, waitMs: number): CodedError<'rate_limited'> {
  const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new CodedError('rate_limited', `${what}: try again in ${retryAfterSeconds} s`, {
    detail: { retryAfterSeconds },
  });
}

/** The value of Retry-After (RFC 9110 §10.2.3) for what `rateLimited` made; undefined for any other error. */
export function retryAfterOf(error: unknown): string | undefined {
  return isCoded(error, 'rate_limited') ? String(error.detail['retryAfterSeconds']) : undefined;
}
