import type { CiProvider } from './provider.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';

/** Dagger runs inside of another CI system, whose variables about the request it hands on. */
export const dagger: CiProvider = {
  type: 'DAGGER_PIPELINE',
  detect: ({ env }) => Boolean(env['CHAINLOOP_DAGGER_CLIENT']),
  url: () => undefined,
  change: (env) => github.change?.(env) ?? gitlab.change?.(env),
};
