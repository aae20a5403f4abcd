/** Issuer types that Fulcio had before `ci-provider`; still in its built-in default configuration. */
import { type Claims, claimOf, refused, requiredClaim, textClaim } from './claims.ts';
import { formatGoUrl, joinGoPath, parseGoUrl } from './go-url.ts';
import type { IssuerType } from './issuer-types.ts';
import type { Admission, NamedSigner, VerifiedToken } from './principal.ts';

type OldType = Extract<
  IssuerType,
  'github-workflow' | 'gitlab-pipeline' | 'buildkite-job' | 'codefresh-workflow'
>;

export const OLD_CI_TYPES: Readonly<Record<OldType, Admission>> = {
  'github-workflow': admitGithub,
  'gitlab-pipeline': admitGitlab,
  'buildkite-job': admitBuildkite,
  'codefresh-workflow': admitCodefresh,
};

type Extensions = Omit<NamedSigner['extensions'], 'issuer' | 'tokenSubject'>;

function admitted(
  token: VerifiedToken,
  make: () => { readonly uri: string; readonly extensions: Extensions },
) {
  const { issuer, subject } = token;
  return {
    challenge: subject,
    certificate: (): NamedSigner => {
      const { uri, extensions } = make();
      const said = Object.entries(extensions).filter(([, text]) => text !== '');
      return {
        identity: { type: 'uri', value: uri },
        extensions: { ...Object.fromEntries(said), issuer, tokenSubject: subject },
      };
    },
  };
}

/** Several at once: all must be there before anything is made of them. */
function required<Name extends string>(
  claims: Claims,
  names: readonly Name[],
): Readonly<Record<Name, string>> {
  return Object.fromEntries(names.map((name) => [name, requiredClaim(claims, name)])) as Record<Name, string>;
}

function under(base: string): (...elements: readonly string[]) => string {
  const url = parseGoUrl(base);
  return (...elements) => formatGoUrl(joinGoPath(url, ...elements));
}

function admitGithub(token: VerifiedToken) {
  const said = required(token.claims, [
    'job_workflow_ref',
    'sha',
    'event_name',
    'repository',
    'workflow',
    'ref',
    'job_workflow_sha',
    'runner_environment',
    'repository_id',
    'repository_owner',
    'repository_owner_id',
    'repository_visibility',
    'workflow_ref',
    'workflow_sha',
    'run_id',
    'run_attempt',
  ]);
  const github = under('https://github.com/');
  return admitted(token, () => ({
    uri: github(said.job_workflow_ref),
    extensions: {
      githubWorkflowTrigger: said.event_name,
      githubWorkflowSha: said.sha,
      githubWorkflowName: said.workflow,
      githubWorkflowRepository: said.repository,
      githubWorkflowRef: said.ref,
      buildSignerUri: github(said.job_workflow_ref),
      buildSignerDigest: said.job_workflow_sha,
      runnerEnvironment: said.runner_environment,
      sourceRepositoryUri: github(said.repository),
      sourceRepositoryDigest: said.sha,
      sourceRepositoryRef: said.ref,
      sourceRepositoryIdentifier: said.repository_id,
      sourceRepositoryOwnerUri: github(said.repository_owner),
      sourceRepositoryOwnerIdentifier: said.repository_owner_id,
      buildConfigUri: github(said.workflow_ref),
      buildConfigDigest: said.workflow_sha,
      buildTrigger: said.event_name,
      runInvocationUri: github(said.repository, 'actions/runs', said.run_id, 'attempts', said.run_attempt),
      sourceRepositoryVisibility: said.repository_visibility,
    },
  }));
}

const GITLAB_REFS: Readonly<Record<string, string>> = { branch: 'refs/heads/', tag: 'refs/tags/' };

function admitGitlab(token: VerifiedToken) {
  const { claims } = token;
  const said = required(claims, [
    'project_path',
    'pipeline_source',
    'pipeline_id',
    'ci_config_ref_uri',
    'job_id',
    'ref',
    'ref_type',
    'namespace_path',
    'namespace_id',
    'project_id',
    'sha',
    'runner_environment',
  ]);
  const runner = claimOf(claims, 'runner_id');
  if (!Number.isSafeInteger(runner) || runner === 0)
    throw refused('expected a whole number in the claim runner_id');
  const prefix = Object.hasOwn(GITLAB_REFS, said.ref_type) ? GITLAB_REFS[said.ref_type] : undefined;
  if (prefix === undefined) throw refused(`its ref_type is ${JSON.stringify(said.ref_type)}`);
  const configSha = textClaim(claims, 'ci_config_sha');
  const visibility = textClaim(claims, 'project_visibility');
  const gitlab = under('https://gitlab.com/');
  return admitted(token, () => {
    const pipeline = formatGoUrl({ ...parseGoUrl(said.ci_config_ref_uri), scheme: 'https' });
    return {
      uri: pipeline,
      extensions: {
        buildConfigUri: pipeline,
        buildConfigDigest: configSha,
        buildSignerUri: pipeline,
        buildSignerDigest: configSha,
        runnerEnvironment: said.runner_environment,
        sourceRepositoryUri: gitlab(said.project_path),
        sourceRepositoryDigest: said.sha,
        sourceRepositoryRef: `${prefix}${said.ref}`,
        sourceRepositoryIdentifier: said.project_id,
        sourceRepositoryOwnerUri: gitlab(said.namespace_path),
        sourceRepositoryOwnerIdentifier: said.namespace_id,
        buildTrigger: said.pipeline_source,
        runInvocationUri: gitlab(said.project_path, '/-/jobs/', said.job_id),
        sourceRepositoryVisibility: visibility,
      },
    };
  });
}

function admitBuildkite(token: VerifiedToken) {
  const said = required(token.claims, ['organization_slug', 'pipeline_slug']);
  const pipeline = `https://buildkite.com/${said.organization_slug}/${said.pipeline_slug}`;
  return admitted(token, () => ({ uri: formatGoUrl(parseGoUrl(pipeline)), extensions: {} }));
}

function admitCodefresh(token: VerifiedToken) {
  const { claims } = token;
  const said = required(claims, ['account_id', 'pipeline_id', 'workflow_id']);
  const text = (name: string): string => textClaim(claims, name);
  const [account, pipeline] = [text('account_name'), text('pipeline_name')];
  const optional = {
    runnerEnvironment: text('runner_environment'),
    sourceRepositoryUri: text('scm_repo_url'),
    sourceRepositoryRef: text('scm_ref'),
  };
  const platform = under(text('platform_url') || 'https://g.codefresh.io');
  return admitted(token, () => ({
    uri: platform(account, `${pipeline}:${said.account_id}/${said.pipeline_id}`),
    extensions: {
      ...optional,
      buildSignerUri: platform('build', said.workflow_id),
      buildConfigUri: platform('api', 'pipelines', said.pipeline_id),
      runInvocationUri: platform('build', said.workflow_id),
    },
  }));
}
