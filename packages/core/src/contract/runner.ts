/** CI systems that a contract can demand; the position is the enum number (Chainloop `RunnerType`). */
export const RUNNER_TYPES = [
  'RUNNER_TYPE_UNSPECIFIED',
  'GITHUB_ACTION',
  'GITLAB_PIPELINE',
  'AZURE_PIPELINE',
  'JENKINS_JOB',
  'CIRCLECI_BUILD',
  'DAGGER_PIPELINE',
  'TEAMCITY_PIPELINE',
  'TEKTON_PIPELINE',
  'CHAINLOOP_SANDBOX',
] as const;

/** Known by name only: Chainloop has no number for it. */
const OWN_TYPES = ['BUILDKITE_PIPELINE'] as const;

export type RunnerType =
  | Exclude<(typeof RUNNER_TYPES)[number], 'RUNNER_TYPE_UNSPECIFIED'>
  | (typeof OWN_TYPES)[number];

/** What a contract can demand, by name. */
export const RUNNER_NAMES: readonly RunnerType[] = [
  ...RUNNER_TYPES.filter((type) => type !== 'RUNNER_TYPE_UNSPECIFIED'),
  ...OWN_TYPES,
];

interface RunnerVariables {
  /** Always set there: without one of them a run does not start. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const GITHUB_REQUEST = ['GITHUB_EVENT_NAME', 'GITHUB_HEAD_REF', 'GITHUB_BASE_REF', 'GITHUB_EVENT_PATH'];
const GITLAB_REQUEST = [
  'CI_MERGE_REQUEST_IID',
  'CI_MERGE_REQUEST_TITLE',
  'CI_MERGE_REQUEST_DESCRIPTION',
  'CI_MERGE_REQUEST_SOURCE_BRANCH_NAME',
  'CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
  'CI_MERGE_REQUEST_PROJECT_URL',
  'CI_MERGE_REQUEST_PROJECT_PATH',
];

/**
 * Variables that a run records of its CI system without being listed in `envAllowList`.
 * None of them is a secret in the documentation of its system.
 */
const VARIABLES: Readonly<Record<RunnerType, RunnerVariables>> = {
  GITHUB_ACTION: {
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
    optional: GITHUB_REQUEST,
  },
  GITLAB_PIPELINE: {
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
    optional: ['CI_RUNNER_DESCRIPTION', 'CI_PIPELINE_SOURCE', ...GITLAB_REQUEST],
  },
  AZURE_PIPELINE: {
    required: ['BUILD_REQUESTEDFOR', 'BUILD_BUILDID', 'BUILD_BUILDNUMBER', 'BUILD_BUILDURI'],
    optional: [
      'BUILD_REQUESTEDFOREMAIL',
      'BUILD_REPOSITORY_URI',
      'BUILD_REPOSITORY_NAME',
      'BUILD_REASON',
      'TF_BUILD',
    ],
  },
  JENKINS_JOB: {
    required: ['JOB_NAME', 'BUILD_URL', 'WORKSPACE', 'NODE_NAME'],
    // The last two in multibranch projects, whose tags have no GIT_BRANCH.
    optional: ['GIT_BRANCH', 'GIT_COMMIT', 'AGENT_WORKDIR', 'BRANCH_NAME', 'TAG_NAME'],
  },
  CIRCLECI_BUILD: {
    required: ['CIRCLE_BUILD_URL', 'CIRCLE_JOB', 'CIRCLE_NODE_TOTAL', 'CIRCLE_NODE_INDEX'],
    // Of a branch or of a tag: a pipeline has one of the two.
    optional: ['CIRCLE_BRANCH', 'CIRCLE_TAG'],
  },
  DAGGER_PIPELINE: {
    required: ['CHAINLOOP_DAGGER_CLIENT'],
    optional: [...GITHUB_REQUEST, ...GITLAB_REQUEST],
  },
  TEAMCITY_PIPELINE: {
    required: ['BUILD_URL', 'TEAMCITY_PROJECT_NAME'],
    optional: [
      'TEAMCITY_VERSION',
      'BUILD_NUMBER',
      'USER',
      'TEAMCITY_GIT_VERSION',
      'BUILD_VCS_NUMBER',
      'HOME',
    ],
  },
  TEKTON_PIPELINE: {
    required: ['TEKTON_TASKRUN_NAME', 'TEKTON_NAMESPACE'],
    optional: [
      'HOSTNAME',
      'TEKTON_TASK_NAME',
      'TEKTON_PIPELINE_NAME',
      'TEKTON_PIPELINERUN_NAME',
      'TEKTON_PIPELINE_TASK_NAME',
    ],
  },
  BUILDKITE_PIPELINE: {
    required: [
      'BUILDKITE_ORGANIZATION_SLUG',
      'BUILDKITE_PIPELINE_SLUG',
      'BUILDKITE_BUILD_ID',
      'BUILDKITE_BUILD_NUMBER',
      'BUILDKITE_BUILD_URL',
      'BUILDKITE_JOB_ID',
      'BUILDKITE_COMMIT',
      'BUILDKITE_BRANCH',
      'BUILDKITE_REPO',
    ],
    optional: [
      'BUILDKITE_TAG',
      'BUILDKITE_SOURCE',
      'BUILDKITE_STEP_KEY',
      'BUILDKITE_AGENT_NAME',
      'BUILDKITE_BUILD_CREATOR',
      'BUILDKITE_PULL_REQUEST',
      'BUILDKITE_PULL_REQUEST_BASE_BRANCH',
    ],
  },
  CHAINLOOP_SANDBOX: { required: [], optional: [] },
};

/** The variables of a runner; none for one that is not known. */
export function variablesOf(type: string): RunnerVariables {
  return Object.hasOwn(VARIABLES, type) ? VARIABLES[type as RunnerType] : { required: [], optional: [] };
}
