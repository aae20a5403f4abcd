import type { CiProvider } from './provider.ts';

export const circleci: CiProvider = {
  type: 'CIRCLECI_BUILD',
  detect: ({ env }) => env['CI'] === 'true' && env['CIRCLECI'] === 'true',
  url: (env) => env['CIRCLE_BUILD_URL'],
  change: (env) => {
    const { CIRCLE_PULL_REQUEST: url = '', CIRCLE_BRANCH: source } = env;
    const id = /\/(\d+)$/.exec(url)?.[1];
    return id === undefined ? undefined : { id, ...(source ? { sourceBranch: source } : {}), url };
  },
};
