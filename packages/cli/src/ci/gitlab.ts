import type { CiProvider } from './provider.ts';

export const gitlab: CiProvider = {
  type: 'GITLAB_PIPELINE',
  detect: (env) => Boolean(env['GITLAB_CI'] && env['CI_JOB_URL']),
  url: (env) => env['CI_JOB_URL'],
};
