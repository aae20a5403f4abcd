import type { CiProvider } from './provider.ts';

/** Any place that no other provider recognises: a laptop, a script, an unknown CI system. */
export const generic: CiProvider = {
  type: 'GENERIC',
  detect: () => true,
  url: () => undefined,
};
