import type { VerifiedPipeline } from '../../identity/index.ts';
import type { TrustDeps } from '../deps.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { pipelineClaims } from './pipeline-claims.ts';
import { verifyForeignToken } from './verify-foreign-token.ts';

/**
 * The claims of a pipeline's token, and what is known of its job by them. Its issuer is one that a workflow names: that needs no listing, since the token
 * names nobody in a certificate. The keys come from the issuer's own address, over the operator's authority where the
 * operator set one. Throws as `verifyForeignToken`.
 */
export async function verifyPipelineToken(
  deps: Pick<TrustDeps, 'clock' | 'operatorIssuers'> & { readonly keys: IssuerKeys },
  jwt: string,
  expected: { readonly issuer: string; readonly audience: string },
): Promise<VerifiedPipeline> {
  const ca = deps.operatorIssuers.find(expected.issuer)?.rule.caCert ?? '';
  const address = { url: expected.issuer, ...(ca === '' ? {} : { ca }) };
  const token = await verifyForeignToken(deps, jwt, { address, audience: expected.audience });
  return { claims: token.claims, build: (ci) => pipelineClaims(deps, token, ci) };
}
