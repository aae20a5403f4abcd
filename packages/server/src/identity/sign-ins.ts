import { isCoded } from '@waybill/core';
import { toHex } from '@waybill/core/bytes';
import { addressKey, createRateLimit, rateLimited } from '../ground/index.ts';
import { hashApiToken } from './api-token.ts';
import { IDENTITY_PROBLEMS } from './errors.ts';

/** Per second, as a mean over ten seconds; 0 is no limit. */
export interface SignInLimits {
  readonly tokenPerSecond: number;
  /** Of one address. */
  readonly failedSignInsPerSecond: number;
}

export interface SignIns {
  /**
   * Runs a sign-in. An address with too many failures behind it gets `rate_limited` before anything is looked up,
   * but for credentials that were good a while ago: who shares an address with a guesser goes on working.
   * What signed in uses one request of its API token.
   */
  attempt<T extends { readonly tokenId: string; readonly tokenName: string }>(
    from: SignInAttempt,
    signIn: () => Promise<T>,
  ): Promise<T>;
  /** Uses one request of an API token. Throws `rate_limited`. */
  use(token: { readonly tokenId: string; readonly tokenName: string }): void;
}

export interface SignInAttempt {
  readonly address: string;
  /** As it was sent; only its hash is kept. */
  readonly credential: string | undefined;
}

const MAX_KNOWN = 10_000;

export function createSignIns(limits: SignInLimits): SignIns {
  const failures = createRateLimit({ perSecond: limits.failedSignInsPerSecond });
  const requests = createRateLimit({ perSecond: limits.tokenPerSecond });
  // No sign-in rests on it: it only says who is still asked about when an address is over its limit.
  const known = new Set<string>();
  const use: SignIns['use'] = ({ tokenId, tokenName }) => {
    const waitMs = requests.take(tokenId);
    if (waitMs === 0) return;
    const { tokenPerSecond } = limits;
    throw rateLimited(
      `too many requests with the API token "${tokenName}" (${tokenPerSecond} per second are served, see --token-rate)`,
      waitMs,
    );
  };
  return {
    use,
    async attempt({ address, credential }, signIn) {
      // Nothing to look up, and no failure: a client that waits for the challenge before it sends its token.
      if (credential === undefined || credential === '') return signIn();
      const [from, key] = [addressKey(address), toHex(hashApiToken(credential))];
      const waitMs = failures.waitMs(from);
      if (waitMs > 0 && !known.has(key))
        throw rateLimited('too many failed sign-ins from this address', waitMs);
      known.delete(key);
      try {
        const signedIn = await signIn();
        known.add(key);
        if (known.size > MAX_KNOWN) known.delete(known.keys().next().value ?? '');
        use(signedIn);
        return signedIn;
      } catch (error) {
        if (isRefusal(error)) failures.take(from);
        throw error;
      }
    },
  };
}

function isRefusal(error: unknown): boolean {
  if (!isCoded(error) || !Object.hasOwn(IDENTITY_PROBLEMS, error.code)) return false;
  return IDENTITY_PROBLEMS[error.code as keyof typeof IDENTITY_PROBLEMS].status === 401;
}
