import type { FulcioExtensionName } from '../x509/index.ts';

/** Keys of `extension-templates`; null for what always comes from the token itself. */
export const EXTENSION_KEYS: Readonly<Record<string, FulcioExtensionName | null>> = {
  issuer: null,
  subject: null,
  'github-workflow-trigger': 'githubWorkflowTrigger',
  'github-workflow-sha': 'githubWorkflowSha',
  'github-workflow-name': 'githubWorkflowName',
  'github-workflow-repository': 'githubWorkflowRepository',
  'github-workflow-ref': 'githubWorkflowRef',
  'build-signer-uri': 'buildSignerUri',
  'build-signer-digest': 'buildSignerDigest',
  'runner-environment': 'runnerEnvironment',
  'source-repository-uri': 'sourceRepositoryUri',
  'source-repository-digest': 'sourceRepositoryDigest',
  'source-repository-ref': 'sourceRepositoryRef',
  'source-repository-identifier': 'sourceRepositoryIdentifier',
  'source-repository-owner-uri': 'sourceRepositoryOwnerUri',
  'source-repository-owner-identifier': 'sourceRepositoryOwnerIdentifier',
  'build-config-uri': 'buildConfigUri',
  'build-config-digest': 'buildConfigDigest',
  'build-trigger': 'buildTrigger',
  'run-invocation-uri': 'runInvocationUri',
  'source-repository-visibility-at-signing': 'sourceRepositoryVisibility',
  'deployment-environment': 'deploymentEnvironment',
};
