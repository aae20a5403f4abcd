import type { CiProvider } from './provider.ts';

export const circleci: CiProvider = {
  type: 'CIRCLECI_BUILD',
  detect: ({ env }) => env['CI'] === 'true' && env['CIRCLECI'] === 'true',
  url: (env) => env['CIRCLE_BUILD_URL'],
};
