import { isCoded, messageOf } from '../errors.ts';
import { type CertificateAuthority, isWithin, type TrustedRoot } from '../trust/index.ts';
import { parseTimestamp, verifyTimestamp } from '../x509/index.ts';
import { verifyError } from './errors.ts';

/** A time that somebody of the trusted root vouches for. */
export interface ProvenTime {
  readonly at: Date;
  /** Which authority or log; two times from one source count once. */
  readonly source: object;
}

/**
 * The RFC 3161 timestamps over `signature` that an authority of the trusted root gave while it was trusted.
 * Others prove nothing and are left out; `refusals` say why. Malformed ones throw `x509_…`.
 */
export function proveTimestamps(
  timestamps: readonly Uint8Array[],
  signature: Uint8Array,
  trustedRoot: TrustedRoot,
): { readonly times: readonly ProvenTime[]; readonly refusals: readonly string[] } {
  const times: ProvenTime[] = [];
  const refusals: string[] = [];
  for (const der of timestamps) {
    const timestamp = parseTimestamp(der);
    const proven = trustedRoot.timestampAuthorities.some((authority) => {
      try {
        checkTrusted(authority, timestamp.genTime);
        times.push({ at: verifyTimestamp(timestamp, signature, authority), source: authority });
        return true;
      } catch (error) {
        if (!isCoded(error)) throw error;
        refusals.push(messageOf(error));
        return false;
      }
    });
    if (!proven && refusals.length === 0) refusals.push('the trusted root names no timestamp authority');
  }
  return { times, refusals };
}

function checkTrusted(authority: CertificateAuthority, at: Date): void {
  if (isWithin(authority.validFor, at)) return;
  throw verifyError(
    'verify_timestamp',
    `timestamp authority "${authority.commonName}" was not trusted at ${at.toISOString()}`,
  );
}

const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

/** Throws `verify_timestamp` for fewer sources than `threshold`, or for a time that lies in the future of `now`. */
export function checkTimes(
  times: readonly ProvenTime[],
  expected: {
    readonly threshold: number;
    readonly now: Date | undefined;
    readonly refusals: readonly string[];
  },
): void {
  const sources = new Set(times.map(({ source }) => source)).size;
  if (sources < expected.threshold) {
    const why = expected.refusals.length > 0 ? ` (${expected.refusals.join('; ')})` : '';
    throw verifyError(
      'verify_timestamp',
      `the time of signing: expected ${expected.threshold} trusted source(s), found ${sources}${why}`,
    );
  }
  const { now } = expected;
  const future = now && times.find(({ at }) => at.getTime() > now.getTime() + CLOCK_TOLERANCE_MS);
  if (future) {
    throw verifyError(
      'verify_timestamp',
      `the time of signing ${future.at.toISOString()} lies in the future: it is ${expected.now?.toISOString()} by this clock, compare the clocks`,
    );
  }
}
