import type { CiProvider } from './provider.ts';

export const teamcity: CiProvider = {
  type: 'TEAMCITY_PIPELINE',
  detect: ({ env }) => Boolean(env['TEAMCITY_PROJECT_NAME']),
  url: (env) => env['BUILD_URL'],
};
