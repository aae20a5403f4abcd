import type { CiProvider } from './provider.ts';

export const buildkite: CiProvider = {
  type: 'BUILDKITE_PIPELINE',
  detect: ({ env }) => env['BUILDKITE'] === 'true' && Boolean(env['BUILDKITE_BUILD_ID']),
  url: (env) =>
    env['BUILDKITE_BUILD_URL'] ? `${env['BUILDKITE_BUILD_URL']}#${env['BUILDKITE_JOB_ID'] ?? ''}` : undefined,
  change: (env) => {
    const {
      BUILDKITE_PULL_REQUEST: id,
      BUILDKITE_BRANCH: source,
      BUILDKITE_PULL_REQUEST_BASE_BRANCH: target,
    } = env;
    // `false` where the build is for no pull request.
    if (!id || id === 'false') return undefined;
    return { id, ...(source ? { sourceBranch: source } : {}), ...(target ? { targetBranch: target } : {}) };
  },
};
