import type { CiProvider } from './provider.ts';

/** A place to try things out, which whoever starts it says it is. */
export const sandbox: CiProvider = {
  type: 'CHAINLOOP_SANDBOX',
  detect: ({ env }) => Boolean(env['CHAINLOOP_SANDBOX']),
  url: () => undefined,
};
