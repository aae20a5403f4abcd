/** What is taken of the tokens of each CI system, as its documentation shows them, and what is compared with it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json } from '@waybill/core/bytes';
import { operatorIssuers } from './operator-issuers.ts';
import { pipelineClaims } from './pipeline-claims.ts';

const COMMIT = 'c'.repeat(40);
const none = { operatorIssuers: operatorIssuers(null) };

function claims(
  issuer: string,
  said: Readonly<Record<string, Json>>,
  ci?: 'jenkins' | 'kubernetes' | 'gitlab',
) {
  const subject = typeof said['sub'] === 'string' ? said['sub'] : 'x';
  const { extensions, ...rest } =
    pipelineClaims(none, { issuer, subject, claims: { ...said, iss: issuer } }, ci ?? null) ?? {};
  return { ...rest, ...extensions };
}

describe('pipelineClaims', () => {
  it('takes a job of Azure Pipelines by what the service fills in', () => {
    const issuer = 'https://vstoken.dev.azure.com/7f0c3c52-54b5-4a39-9f0e-2a35d7a3a0b1';
    const sub = 'p://acme/shop/release';
    assert.deepEqual(
      claims(issuer, {
        sub,
        rpo_uri: 'https://dev.azure.com/acme/shop/_git/shop',
        rpo_ver: COMMIT,
        run_id: '9',
        evil: 'x',
      }),
      {
        issuer,
        ci: 'azure',
        signer: sub,
        buildConfigUri: sub,
        sourceRepositoryUri: 'https://dev.azure.com/acme/shop/_git/shop',
        sourceRepositoryDigest: COMMIT,
        runInvocationUri: 'vstfs:///Build/Build/9',
        tokenSubject: sub,
      },
    );
  });

  it('takes of Jenkins the job and the build, and no claim that a job could define', () => {
    const issuer = 'https://jenkins.example.com/oidc';
    const sub = 'https://jenkins.example.com/job/app/';
    const said = {
      sub,
      build_number: 12,
      sha: COMMIT,
      repository: 'acme/app',
      runner_environment: 'github-hosted',
    };
    assert.deepEqual(claims(issuer, said, 'jenkins'), {
      issuer,
      ci: 'jenkins',
      signer: sub,
      buildConfigUri: sub,
      runInvocationUri: `${sub}12/`,
      tokenSubject: sub,
    });
    assert.deepEqual(claims(issuer, said), {});
  });

  it('takes of Kubernetes the service account', () => {
    const sub = 'system:serviceaccount:ci:builder';
    const issuer = 'https://cluster.example.com';
    const found = claims(issuer, { sub, 'kubernetes.io': { namespace: 'ci' } }, 'kubernetes');
    assert.deepEqual(found, { issuer, ci: 'kubernetes', signer: sub, tokenSubject: sub });
  });

  it('takes CircleCI and Buildkite by their address, with what a token leaves out left out', () => {
    const circle = claims('https://oidc.circleci.com/org/1', {
      sub: 'org/1/project/2/user/3',
      'oidc.circleci.com/project-id': '2',
      'oidc.circleci.com/pipeline-definition-id': '4',
      'oidc.circleci.com/vcs-origin': 'github.com/acme/app',
      'oidc.circleci.com/vcs-ref': 'refs/tags/v1',
    });
    assert.equal(circle.ci, 'circleci');
    assert.match(circle.signer ?? '', /projects\/2\/pipeline-definitions\/4$/);
    assert.deepEqual([circle.sourceRepositoryRef, circle.runInvocationUri], ['refs/tags/v1', undefined]);
    const kite = claims('https://agent.buildkite.com', {
      sub: 'organization:acme:pipeline:app:ref:refs/heads/main:commit:c:step:',
      organization_slug: 'acme',
      pipeline_slug: 'app',
      build_number: 5,
      build_commit: COMMIT,
      job_id: 'j',
    });
    assert.deepEqual(
      [kite.ci, kite.signer, kite.runInvocationUri, kite.sourceRepositoryDigest],
      ['buildkite', 'https://buildkite.com/acme/app', 'https://buildkite.com/acme/app/builds/5#j', COMMIT],
    );
  });

  it('knows a public address better than whoever trusts it', () => {
    const said = {
      sub: 'repo:acme/app',
      job_workflow_ref: 'acme/app/x.yml@refs/heads/main',
      ci_config_ref_uri: 'gitlab.com/evil',
    };
    assert.equal(claims('https://token.actions.githubusercontent.com', said, 'gitlab').ci, 'github');
    assert.equal(
      claims('https://token.actions.acme.ghe.com', said, 'gitlab').signer,
      `https://acme.ghe.com/${said.job_workflow_ref}`,
    );
    assert.equal(claims('https://token.actions.githubusercontent.com.evil.example', said).ci, undefined);
  });
});
