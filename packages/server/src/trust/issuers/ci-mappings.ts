/** Mappings of build services, as Fulcio's own configuration has them, for any instance of each. */
import type { Json } from '@waybill/core/bytes';

export type CiKind = 'github' | 'gitlab' | 'buildkite' | 'codefresh' | 'circleci';

/** By the issuer's URL, which says where the instance is. */
export const CI_MAPPINGS: Readonly<Record<CiKind, (issuerUrl: string) => Json>> = {
  github: githubMapping,
  gitlab: gitlabMapping,
  buildkite: () => ({
    'extension-templates': {
      'run-invocation-uri':
        'https://buildkite.com/{{.organization_slug}}/{{.pipeline_slug}}/builds/{{.build_number}}#{{.job_id}}',
      'runner-environment': 'runner_environment',
      'source-repository-digest': 'build_commit',
      'build-trigger': 'build_source',
    },
    'subject-alternative-name-template': 'https://buildkite.com/{{.organization_slug}}/{{.pipeline_slug}}',
  }),
  codefresh: () => ({
    'default-template-values': { scm_repo_url: '', scm_ref: '', runner_environment: '' },
    'extension-templates': {
      'build-signer-uri': 'https://g.codefresh.io/build/{{ .workflow_id }}',
      'runner-environment': 'runner_environment',
      'source-repository-uri': 'scm_repo_url',
      'source-repository-ref': 'scm_ref',
      'build-config-uri': 'https://g.codefresh.io/api/pipelines/{{ .pipeline_id }}',
      'run-invocation-uri': 'https://g.codefresh.io/build/{{ .workflow_id }}',
    },
    'subject-alternative-name-template':
      'https://g.codefresh.io/{{.account_name}}/{{.pipeline_name}}:{{.account_id}}/{{.pipeline_id}}',
  }),
  circleci: circleciMapping,
};

export function isCiKind(kind: string): kind is CiKind {
  return Object.hasOwn(CI_MAPPINGS, kind);
}

/**
 * The address of the instance stands in the templates and not in a default, which a claim of the same name would
 * replace: an instance speaks for itself only.
 */
function githubMapping(issuerUrl: string): Json {
  const { host } = new URL(issuerUrl);
  const isPublic = host === 'token.actions.githubusercontent.com';
  // GitHub Enterprise Cloud issues at token.actions.<name>.ghe.com, a server of one's own at <host>/_services/token.
  const url = `https://${isPublic ? 'github.com' : host.replace(/^token\.actions\./, '')}`;
  return {
    'default-template-values': { environment: '' },
    'extension-templates': {
      'github-workflow-trigger': 'event_name',
      'github-workflow-sha': 'sha',
      'github-workflow-name': 'workflow',
      'github-workflow-repository': 'repository',
      'github-workflow-ref': 'ref',
      'build-signer-uri': `${url}/{{ .job_workflow_ref }}`,
      'build-signer-digest': 'job_workflow_sha',
      'runner-environment': 'runner_environment',
      'source-repository-uri': `${url}/{{ .repository }}`,
      'source-repository-digest': 'sha',
      'source-repository-ref': 'ref',
      'source-repository-identifier': 'repository_id',
      'source-repository-owner-uri': `${url}/{{ .repository_owner }}`,
      'source-repository-owner-identifier': 'repository_owner_id',
      'build-config-uri': `${url}/{{ .workflow_ref }}`,
      'build-config-digest': 'workflow_sha',
      'build-trigger': 'event_name',
      'run-invocation-uri': `${url}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}`,
      'source-repository-visibility-at-signing': 'repository_visibility',
      'deployment-environment': 'environment',
    },
    'subject-alternative-name-template': `${url}/{{ .job_workflow_ref }}`,
  };
}

function gitlabMapping(issuerUrl: string): Json {
  const url = new URL(issuerUrl).origin;
  return {
    'default-template-values': { environment: '' },
    'extension-templates': {
      'build-signer-uri': 'https://{{ .ci_config_ref_uri }}',
      'build-signer-digest': 'ci_config_sha',
      'runner-environment': 'runner_environment',
      'source-repository-uri': `${url}/{{ .project_path }}`,
      'source-repository-digest': 'sha',
      'source-repository-ref': 'refs/{{if eq .ref_type "branch"}}heads/{{ else }}tags/{{end}}{{ .ref }}',
      'source-repository-identifier': 'project_id',
      'source-repository-owner-uri': `${url}/{{ .namespace_path }}`,
      'source-repository-owner-identifier': 'namespace_id',
      'build-config-uri': 'https://{{ .ci_config_ref_uri }}',
      'build-config-digest': 'ci_config_sha',
      'build-trigger': 'pipeline_source',
      'run-invocation-uri': `${url}/{{ .project_path }}/-/jobs/{{ .job_id }}`,
      'source-repository-visibility-at-signing': 'project_visibility',
      'deployment-environment': 'environment',
    },
    'subject-alternative-name-template': 'https://{{ .ci_config_ref_uri }}',
  };
}

function circleciMapping(): Json {
  const api = 'https://circleci.com/api/v2';
  const claim = (name: string): string => `{{index . "oidc.circleci.com/${name}"}}`;
  const definition = `${api}/projects/${claim('project-id')}/pipeline-definitions/${claim('pipeline-definition-id')}`;
  return {
    'extension-templates': {
      'build-config-uri': `${api}/pipeline/${claim('pipeline-id')}/config`,
      'build-signer-uri': definition,
      'run-invocation-uri': `https://app.circleci.com//workflow/${claim('workflow-id')}/job/${claim('job-id')}`,
      'runner-environment':
        '{{if eq (index . "oidc.circleci.com/ssh-rerun") "true"}}ssh-rerun{{ else }}""{{end}}',
      'source-repository-ref': claim('vcs-ref'),
      'source-repository-uri': claim('vcs-origin'),
    },
    'subject-alternative-name-template': definition,
  };
}
