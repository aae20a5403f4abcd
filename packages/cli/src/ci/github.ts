import type { CiProvider } from './provider.ts';

export const github: CiProvider = {
  type: 'GITHUB_ACTION',
  detect: ({ env }) => Boolean(env['CI'] && env['GITHUB_REPOSITORY'] && env['GITHUB_RUN_ID']),
  // GITHUB_SERVER_URL makes it right for GitHub Enterprise Server too.
  url: (env) =>
    `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${env['GITHUB_REPOSITORY']}/actions/runs/${env['GITHUB_RUN_ID']}`,
  change: (env) => {
    // refs/pull/42/merge; docs.github.com "Events that trigger workflows".
    const id = /^refs\/pull\/(\d+)\//.exec(env['GITHUB_REF'] ?? '')?.[1];
    if (id === undefined || !env['GITHUB_EVENT_NAME']?.startsWith('pull_request')) return undefined;
    const { GITHUB_HEAD_REF: source, GITHUB_BASE_REF: target, GITHUB_REPOSITORY: repository } = env;
    return {
      id,
      ...(source ? { sourceBranch: source } : {}),
      ...(target ? { targetBranch: target } : {}),
      ...(repository
        ? { url: `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${repository}/pull/${id}` }
        : {}),
    };
  },
};
