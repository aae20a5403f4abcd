import { quoted } from '../bytes/index.ts';
import type { Signer } from '../verify/index.ts';
import { slsaError } from './errors.ts';

export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';

/** What the platform's certificate authority read from the identity token of the signing job. */
export interface CertifiedBuild {
  /** The workflow that signed: `https://github.com/owner/repository/.github/workflows/x.yml@ref`. */
  readonly signer: string;
  /** `https://github.com/owner/repository`. */
  readonly repository: string;
  readonly ref: string;
  readonly commit: string;
  /** Name of the event. */
  readonly trigger: string;
  /** Path of the workflow that was started, which may call the signing one; '' in certificates before 2023. */
  readonly entryPoint: string;
  /** True when the certificate says that the machine is the platform's own. */
  readonly isHosted: boolean;
}

/** Throws `slsa_builder` for a signer that is no workflow of GitHub, or whose certificate does not say enough. */
export function certifiedBuild(signer: Signer): CertifiedBuild {
  if (signer.type === 'key') {
    throw slsaError('slsa_builder', 'it is signed by a key, which says nothing of the build');
  }
  if (signer.issuer !== GITHUB_ISSUER) {
    throw slsaError(
      'slsa_builder',
      `signer: expected a workflow of GitHub (issuer ${GITHUB_ISSUER}), found the issuer ${quoted(signer.issuer)}`,
    );
  }
  const { extensions } = signer;
  // 2 to 6 are the names of before 2023.
  const bare = extensions?.githubWorkflowRepository;
  const repository =
    extensions?.sourceRepositoryUri ?? (bare === undefined ? '' : `https://github.com/${bare}`);
  const ref = extensions?.sourceRepositoryRef ?? extensions?.githubWorkflowRef ?? '';
  const commit = extensions?.sourceRepositoryDigest ?? extensions?.githubWorkflowSha ?? '';
  if (repository === '' || ref === '' || commit === '') {
    throw slsaError('slsa_builder', 'its certificate names no repository, ref and commit');
  }
  const config = extensions?.buildConfigUri ?? '';
  return {
    signer: signer.subject,
    repository,
    ref,
    commit,
    trigger: extensions?.buildTrigger ?? extensions?.githubWorkflowTrigger ?? '',
    entryPoint: config.startsWith(`${repository}/`)
      ? config.slice(repository.length + 1).replace(/@.*$/, '')
      : '',
    isHosted: extensions?.runnerEnvironment === 'github-hosted',
  };
}
