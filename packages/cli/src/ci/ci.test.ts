import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCoded } from '@waybill/core';
import { variablesOf } from '@waybill/core/runner';
import { detectRunner, looksSecret } from './index.ts';

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
  it('takes any other place as GENERIC, with nothing recorded', () => {
    assert.deepEqual(detectRunner({ HOME: '/root', PATH: '/bin' }), { type: 'GENERIC', environment: {} });
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
