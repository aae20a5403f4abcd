import type { CiProvider } from './provider.ts';

export const gitlab: CiProvider = {
  type: 'GITLAB_PIPELINE',
  detect: ({ env }) => Boolean(env['GITLAB_CI'] && env['CI_JOB_URL']),
  url: (env) => env['CI_JOB_URL'],
  change: (env) => {
    const {
      CI_MERGE_REQUEST_IID: id,
      CI_MERGE_REQUEST_TITLE: title,
      CI_MERGE_REQUEST_PROJECT_URL: project,
    } = env;
    if (!id) return undefined;
    const { CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: source, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: target } = env;
    return {
      id,
      ...(title ? { title } : {}),
      ...(source ? { sourceBranch: source } : {}),
      ...(target ? { targetBranch: target } : {}),
      ...(project ? { url: `${project}/-/merge_requests/${id}` } : {}),
    };
  },
};
