import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { variablesOf } from '@waybill/core/runner';
import { detectRunner, looksSecret, PROVIDERS } from './index.ts';

const GITHUB = {
  CI: 'true',
  GITHUB_ACTOR: 'ada',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_REPOSITORY: 'acme/app',
  GITHUB_REPOSITORY_OWNER: 'acme',
  GITHUB_RUN_ID: '42',
  GITHUB_SHA: 'abc',
  RUNNER_NAME: 'r1',
  RUNNER_OS: 'Linux',
};

describe('detectRunner', () => {
  it('recognises GitHub Actions, its page and its variables, and takes no secret along', () => {
    const runner = detectRunner({ ...GITHUB, GITHUB_TOKEN: 'ghs_secret', GITHUB_EVENT_NAME: 'push' });
    assert.equal(runner.type, 'GITHUB_ACTION');
    assert.equal(runner.url, 'https://github.com/acme/app/actions/runs/42');
    assert.deepEqual(runner.environment, {
      ...Object.fromEntries(Object.entries(GITHUB).filter(([name]) => name !== 'CI')),
      GITHUB_EVENT_NAME: 'push',
    });
  });
  it('finds the page on GitHub Enterprise Server', () => {
    const runner = detectRunner({ ...GITHUB, GITHUB_SERVER_URL: 'https://git.acme.example' });
    assert.equal(runner.url, 'https://git.acme.example/acme/app/actions/runs/42');
  });
  it('refuses a CI system that lacks one of its own variables', () => {
    const { GITHUB_SHA: _sha, ...partial } = GITHUB;
    assert.throws(
      () => detectRunner(partial),
      (error) => isCoded(error, 'runner_variable_missing') && /GITHUB_SHA is not set/.test(error.message),
    );
  });
  it('recognises GitLab and strips credentials from URLs', () => {
    const env = Object.fromEntries(
      variablesOf('GITLAB_PIPELINE').required.map((name) => [name, `${name} value`]),
    );
    const runner = detectRunner({
      ...env,
      GITLAB_CI: 'true',
      CI_JOB_URL: 'https://gitlab.example/j/1',
      CI_PROJECT_URL: 'https://user:pass@gitlab.example/acme/app',
      CI_JOB_TOKEN: 'secret',
    });
    assert.equal(runner.type, 'GITLAB_PIPELINE');
    assert.equal(runner.environment['CI_PROJECT_URL'], 'https://gitlab.example/acme/app');
    assert.equal(runner.environment['CI_JOB_TOKEN'], undefined);
  });
  it('begins in pipelines of tags and of merge requests', () => {
    const of = (type: string, more: NodeJS.ProcessEnv) => ({
      ...Object.fromEntries(variablesOf(type).required.map((name) => [name, 'x'])),
      ...more,
    });
    const circle = detectRunner(of('CIRCLECI_BUILD', { CI: 'true', CIRCLECI: 'true', CIRCLE_TAG: 'v1' }));
    assert.deepEqual(
      [circle.environment['CIRCLE_TAG'], 'CIRCLE_BRANCH' in circle.environment],
      ['v1', false],
    );
    const merge = { CI_PIPELINE_SOURCE: 'merge_request_event', CI_MERGE_REQUEST_IID: '7' };
    const gitlab = detectRunner(of('GITLAB_PIPELINE', { GITLAB_CI: 'true', CI_JOB_URL: 'x', ...merge }));
    assert.equal(gitlab.environment['CI_MERGE_REQUEST_IID'], '7');
    const jenkins = detectRunner(of('JENKINS_JOB', { JENKINS_HOME: '/j', BUILD_URL: 'x', TAG_NAME: 'v1' }));
    assert.equal(jenkins.environment['TAG_NAME'], 'v1');
  });
  it('takes any other place as GENERIC, with nothing recorded', () => {
    assert.deepEqual(
      detectRunner({ HOME: '/root', PATH: '/bin' }, () => false),
      { type: 'GENERIC', environment: {} },
    );
  });
});

/** What tells each CI system apart, and the page of its run. */
const SYSTEMS: Readonly<Record<string, { readonly env: NodeJS.ProcessEnv; readonly url?: string }>> = {
  CHAINLOOP_SANDBOX: { env: { CHAINLOOP_SANDBOX: 'true' } },
  DAGGER_PIPELINE: { env: { CHAINLOOP_DAGGER_CLIENT: 'v0.9' } },
  GITHUB_ACTION: {
    env: { CI: 'true', GITHUB_REPOSITORY: 'acme/app', GITHUB_RUN_ID: '42' },
    url: 'https://github.com/acme/app/actions/runs/42',
  },
  GITLAB_PIPELINE: {
    env: { GITLAB_CI: 'true', CI_JOB_URL: 'https://gitlab.com/acme/app/-/jobs/1' },
    url: 'https://gitlab.com/acme/app/-/jobs/1',
  },
  AZURE_PIPELINE: {
    env: {
      TF_BUILD: 'True',
      BUILD_BUILDURI: 'vstfs:///Build/Build/7',
      BUILD_BUILDID: '7',
      SYSTEM_TEAMFOUNDATIONSERVERURI: 'https://dev.azure.com/acme/',
      SYSTEM_TEAMPROJECT: 'the app',
    },
    url: 'https://dev.azure.com/acme/the%20app/_build/results?buildId=7',
  },
  JENKINS_JOB: {
    env: { JENKINS_HOME: '/var/jenkins_home', BUILD_URL: 'https://jenkins.example.com/job/app/7/' },
    url: 'https://jenkins.example.com/job/app/7/',
  },
  CIRCLECI_BUILD: {
    env: { CI: 'true', CIRCLECI: 'true', CIRCLE_BUILD_URL: 'https://circleci.com/gh/acme/app/7' },
    url: 'https://circleci.com/gh/acme/app/7',
  },
  BUILDKITE_PIPELINE: {
    env: {
      CI: 'true',
      BUILDKITE: 'true',
      BUILDKITE_BUILD_ID: '0190',
      BUILDKITE_BUILD_URL: 'https://buildkite.com/acme/app/builds/7',
      BUILDKITE_JOB_ID: '0191',
    },
    url: 'https://buildkite.com/acme/app/builds/7#0191',
  },
  TEAMCITY_PIPELINE: {
    env: { TEAMCITY_PROJECT_NAME: 'app', BUILD_URL: 'https://teamcity.example.com/build/7' },
    url: 'https://teamcity.example.com/build/7',
  },
  TEKTON_PIPELINE: {
    env: {
      TEKTON_DASHBOARD_URL: 'https://tekton.example.com',
      TEKTON_NAMESPACE: 'ci',
      TEKTON_TASKRUN_NAME: 'build-x7',
    },
    url: 'https://tekton.example.com/#/namespaces/ci/taskruns/build-x7',
  },
};
const onTekton = (path: string): boolean => path === '/tekton/results';
const nowhere = (): boolean => false;

describe('every provider', () => {
  it('stands in the table here', () => {
    assert.deepEqual(PROVIDERS.map(({ type }) => type).toSorted(), Object.keys(SYSTEMS).toSorted());
  });

  for (const [type, { env, url }] of Object.entries(SYSTEMS)) {
    const exists = type === 'TEKTON_PIPELINE' ? onTekton : nowhere;
    const { required, optional } = variablesOf(type);
    const whole = {
      ...Object.fromEntries([...required, ...optional].map((name) => [name, 'a value'])),
      ...env,
    };

    it(`recognises ${type} and takes its variables, whole, and nothing else`, () => {
      const runner = detectRunner({ ...whole, A_SECRET: 'x', CI_JOB_TOKEN: 'x', GITHUB_TOKEN: 'x' }, exists);
      assert.equal(runner.type, type);
      assert.equal(runner.url, url);
      assert.deepEqual(Object.keys(runner.environment).toSorted(), [...required, ...optional].toSorted());
    });

    it(`is ${type} whichever way its variables are ordered, and no other`, () => {
      const turned = Object.fromEntries(Object.entries(whole).toReversed());
      assert.equal(detectRunner(turned, exists).type, type);
      const others = PROVIDERS.filter(
        (provider) => provider.type !== type && provider.detect({ env, exists }),
      );
      assert.deepEqual(others, []);
    });

    it(`misses a variable of ${type} that a run has to record`, () => {
      for (const name of required) {
        if (name in env) continue;
        const { [name]: _left, ...rest } = whole;
        assert.throws(
          () => detectRunner(rest, exists),
          (error) => isCoded(error, 'runner_variable_missing') && error.message.includes(name),
        );
      }
    });
  }

  it('lists no variable whose name says that it is a secret', () => {
    for (const type of Object.keys(SYSTEMS)) {
      const { required, optional } = variablesOf(type);
      assert.deepEqual([...required, ...optional].filter(looksSecret), []);
    }
  });
});

describe('the change that a run is about', () => {
  it('is the pull request of GitHub, and none for a push', () => {
    const request = {
      ...GITHUB,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: 'refs/pull/42/merge',
      GITHUB_HEAD_REF: 'mend',
      GITHUB_BASE_REF: 'main',
    };
    assert.deepEqual(detectRunner(request, nowhere).change, {
      id: '42',
      sourceBranch: 'mend',
      targetBranch: 'main',
      url: 'https://github.com/acme/app/pull/42',
    });
    assert.equal(detectRunner({ ...GITHUB, GITHUB_EVENT_NAME: 'push' }, nowhere).change, undefined);
  });

  it('is the merge request of GitLab', () => {
    const { required, optional } = variablesOf('GITLAB_PIPELINE');
    const values = Object.fromEntries([...required, ...optional].map((name) => [name, name.toLowerCase()]));
    const project = 'https://gitlab.com/acme/app';
    const env = {
      ...values,
      GITLAB_CI: 'true',
      CI_MERGE_REQUEST_IID: '7',
      CI_MERGE_REQUEST_PROJECT_URL: project,
    };
    assert.deepEqual(detectRunner(env, nowhere).change, {
      id: '7',
      title: 'ci_merge_request_title',
      sourceBranch: 'ci_merge_request_source_branch_name',
      targetBranch: 'ci_merge_request_target_branch_name',
      url: `${project}/-/merge_requests/7`,
    });
  });

  it('is the pull request of Azure, Jenkins and CircleCI', () => {
    for (const [type, variables, change] of [
      [
        'AZURE_PIPELINE',
        { SYSTEM_PULLREQUEST_PULLREQUESTNUMBER: '5', SYSTEM_PULLREQUEST_SOURCEBRANCH: 'refs/heads/mend' },
        { id: '5', sourceBranch: 'refs/heads/mend' },
      ],
      [
        'JENKINS_JOB',
        {
          CHANGE_ID: '6',
          CHANGE_TITLE: 'Mend',
          CHANGE_TARGET: 'main',
          CHANGE_URL: 'https://u:p@git.example.com/6',
        },
        { id: '6', title: 'Mend', targetBranch: 'main', url: 'https://git.example.com/6' },
      ],
      [
        'CIRCLECI_BUILD',
        { CIRCLE_PULL_REQUEST: 'https://github.com/acme/app/pull/8', CIRCLE_BRANCH: 'mend' },
        { id: '8', sourceBranch: 'mend', url: 'https://github.com/acme/app/pull/8' },
      ],
    ] as const) {
      const env: NodeJS.ProcessEnv = { ...SYSTEMS[type]?.env };
      for (const name of variablesOf(type).required) env[name] ??= 'a value';
      assert.equal(detectRunner(env, nowhere).change, undefined, type);
      assert.deepEqual(detectRunner({ ...env, ...variables }, nowhere).change, change, type);
    }
  });

  it('is the pull request of Buildkite, where the variable says more than false', () => {
    const env = { ...SYSTEMS['BUILDKITE_PIPELINE']?.env };
    for (const name of variablesOf('BUILDKITE_PIPELINE').required) env[name] ??= 'a value';
    assert.equal(detectRunner({ ...env, BUILDKITE_PULL_REQUEST: 'false' }, nowhere).change, undefined);
    const change = detectRunner(
      { ...env, BUILDKITE_PULL_REQUEST: '9', BUILDKITE_BRANCH: 'mend' },
      nowhere,
    ).change;
    assert.deepEqual(change, { id: '9', sourceBranch: 'mend' });
  });
});

describe('looksSecret', () => {
  it('knows secrets by their names and lets plain names pass', () => {
    for (const name of [
      'GITHUB_TOKEN',
      'DB_PASSWORD',
      'AWS_SECRET_ACCESS_KEY',
      'NPM_AUTH',
      'API_KEY',
      'token',
    ]) {
      assert.ok(looksSecret(name), name);
    }
    for (const name of ['CI', 'GITHUB_SHA', 'AUTHOR', 'KEYBOARD', 'TOKENIZER_VERSION'])
      assert.ok(!looksSecret(name), name);
  });
});
