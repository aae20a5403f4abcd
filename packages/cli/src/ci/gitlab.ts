import type { CiProvider } from './provider.ts';

export const gitlab: CiProvider = {
  type: 'GITLAB_PIPELINE',
  detect: (env) => Boolean(env['GITLAB_CI'] && env['CI_JOB_URL']),
  url: (env) => env['CI_JOB_URL'],
  required: [
    'GITLAB_USER_EMAIL',
    'GITLAB_USER_LOGIN',
    'CI_SERVER_URL',
    'CI_PROJECT_URL',
    'CI_COMMIT_SHA',
    'CI_JOB_URL',
    'CI_PIPELINE_URL',
    'CI_RUNNER_VERSION',
    'CI_COMMIT_REF_NAME',
    'CI_PROJECT_PATH',
  ],
  optional: [
    'CI_RUNNER_DESCRIPTION',
    'CI_PIPELINE_SOURCE',
    'CI_MERGE_REQUEST_IID',
    'CI_MERGE_REQUEST_TITLE',
    'CI_MERGE_REQUEST_DESCRIPTION',
    'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME',
    'CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
    'CI_MERGE_REQUEST_PROJECT_URL',
    'CI_MERGE_REQUEST_PROJECT_PATH',
  ],
};
