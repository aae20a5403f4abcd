import type { CiProvider } from './provider.ts';

export const jenkins: CiProvider = {
  type: 'JENKINS_JOB',
  detect: ({ env }) => Boolean(env['JENKINS_HOME'] && env['BUILD_URL']),
  url: (env) => env['BUILD_URL'],
  // Set by multibranch projects.
  change: (env) => {
    const {
      CHANGE_ID: id,
      CHANGE_TITLE: title,
      CHANGE_BRANCH: source,
      CHANGE_TARGET: target,
      CHANGE_URL: url,
    } = env;
    if (!id) return undefined;
    return {
      id,
      ...(title ? { title } : {}),
      ...(source ? { sourceBranch: source } : {}),
      ...(target ? { targetBranch: target } : {}),
      ...(url ? { url } : {}),
    };
  },
};
