/** Which claims of a trusted pipeline's token are taken, by the kind of its CI system. */
import type { Json } from '@waybill/core/bytes';
import {
  type BuildClaims,
  buildClaimsOf,
  type CiProvider,
  readFulcioConfig,
  type VerifiedToken,
} from '@waybill/core/fulcio';
import type { PipelineCi } from '../../identity/index.ts';
import { CI_MAPPINGS } from './ci-mappings.ts';
import { PRESETS } from './kinds.ts';
import type { OperatorIssuers } from './operator-issuers.ts';

/**
 * Systems whose tokens name no job in a certificate here. Only what the system itself fills in: claims that a Jenkins
 * job or its folder can define are none of these.
 */
const OTHERS: Readonly<Record<'azure' | 'jenkins' | 'kubernetes', Json>> = {
  azure: {
    'default-template-values': {},
    'extension-templates': {
      'build-config-uri': 'sub',
      'source-repository-uri': 'rpo_uri',
      'source-repository-digest': 'rpo_ver',
      'source-repository-ref': 'rpo_ref',
      'source-repository-identifier': 'rpo_id',
      'source-repository-owner-identifier': 'org_id',
      // As BUILD_BUILDURI has it.
      'run-invocation-uri': 'vstfs:///Build/Build/{{ .run_id }}',
    },
    'subject-alternative-name-template': 'sub',
  },
  jenkins: {
    'extension-templates': {
      'build-config-uri': 'sub',
      // As BUILD_URL has it: the subject is the URL of the job.
      'run-invocation-uri': '{{ .sub }}{{ .build_number }}/',
    },
    'subject-alternative-name-template': 'sub',
  },
  kubernetes: { 'subject-alternative-name-template': 'sub' },
};

/** What is known of the job; null where the kind of the issuer is not known, or the token says too little. */
export function pipelineClaims(
  deps: { readonly operatorIssuers: OperatorIssuers },
  token: VerifiedToken,
  stated: PipelineCi | null,
): BuildClaims | null {
  const found = mappingOf(deps, token.issuer, stated);
  return found && buildClaimsOf(token, found.ci, found.provider);
}

interface Mapping {
  readonly ci: string;
  readonly provider: CiProvider;
}

/** An address that everybody knows, then the operator's word, then that of whoever trusts the pipeline. */
function mappingOf(
  { operatorIssuers }: { readonly operatorIssuers: OperatorIssuers },
  issuer: string,
  stated: PipelineCi | null,
): Mapping | null {
  const known = publicCi(issuer);
  if (known) return builtIn(known, issuer);
  const set = operatorIssuers.find(issuer);
  const provider = set?.config.providers.get(set.rule.ciProvider);
  if (set && provider) return { ci: set.rule.ciProvider, provider };
  return stated && builtIn(stated, issuer);
}

function publicCi(issuer: string): PipelineCi | undefined {
  const { host } = new URL(issuer);
  if (host === 'vstoken.dev.azure.com') return 'azure';
  if (host.startsWith('token.actions.') && host.endsWith('.ghe.com')) return 'github';
  const kind = PRESETS.find(({ url }) => new URL(url).host === host)?.kind;
  return kind === 'github' || kind === 'gitlab' || kind === 'buildkite' || kind === 'circleci'
    ? kind
    : undefined;
}

function builtIn(ci: PipelineCi, issuer: string): Mapping | null {
  const mapping = ci in OTHERS ? OTHERS[ci as keyof typeof OTHERS] : CI_MAPPINGS[ci as 'github'](issuer);
  const provider = readFulcioConfig({ 'ci-issuer-metadata': { [ci]: mapping } }).providers.get(ci);
  return provider ? { ci, provider } : null;
}
