import type { CiProvider } from './provider.ts';

export const github: CiProvider = {
  type: 'GITHUB_ACTION',
  detect: (env) => Boolean(env['CI'] && env['GITHUB_REPOSITORY'] && env['GITHUB_RUN_ID']),
  // GITHUB_SERVER_URL makes it right for GitHub Enterprise Server too.
  url: (env) =>
    `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${env['GITHUB_REPOSITORY']}/actions/runs/${env['GITHUB_RUN_ID']}`,
};
