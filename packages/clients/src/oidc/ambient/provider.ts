import type { Fetch } from '@waybill/core';
import type { IdentityToken } from '../identity-token.ts';

export interface ProviderOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: Date;
  /** Asked for by those that make a token for it. */
  readonly audience: () => Promise<string>;
  readonly fetch: Fetch;
}

/** Gets the token of this job from one CI system; null where it is not that one, or gives this job none. */
export type Provider = (options: ProviderOptions) => Promise<IdentityToken | null>;
