import type { CiProvider } from './provider.ts';

export const github: CiProvider = {
  type: 'GITHUB_ACTION',
  detect: (env) => Boolean(env['CI'] && env['GITHUB_REPOSITORY'] && env['GITHUB_RUN_ID']),
  // GITHUB_SERVER_URL makes it right for GitHub Enterprise Server too.
  url: (env) =>
    `${env['GITHUB_SERVER_URL'] ?? 'https://github.com'}/${env['GITHUB_REPOSITORY']}/actions/runs/${env['GITHUB_RUN_ID']}`,
  required: [
    'GITHUB_ACTOR',
    'GITHUB_REF',
    'GITHUB_REPOSITORY',
    'GITHUB_REPOSITORY_OWNER',
    'GITHUB_RUN_ID',
    'GITHUB_SHA',
    'RUNNER_NAME',
    'RUNNER_OS',
  ],
  optional: ['GITHUB_EVENT_NAME', 'GITHUB_HEAD_REF', 'GITHUB_BASE_REF', 'GITHUB_EVENT_PATH'],
};
