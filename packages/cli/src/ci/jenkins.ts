import type { CiProvider } from './provider.ts';

export const jenkins: CiProvider = {
  type: 'JENKINS_JOB',
  detect: ({ env }) => Boolean(env['JENKINS_HOME'] && env['BUILD_URL']),
  url: (env) => env['BUILD_URL'],
};
