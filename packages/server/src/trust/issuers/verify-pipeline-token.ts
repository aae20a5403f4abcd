import type { Json } from '@waybill/core/bytes';
import type { TrustDeps } from '../deps.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { verifyForeignToken } from './verify-foreign-token.ts';

/**
 * The claims of a pipeline's token. Its issuer is one that a workflow names: that needs no listing, since the token
 * names nobody in a certificate. The keys come from the issuer's own address, over the operator's authority where the
 * operator set one. Throws as `verifyForeignToken`.
 */
export async function verifyPipelineToken(
  deps: Pick<TrustDeps, 'clock' | 'operatorIssuers'> & { readonly keys: IssuerKeys },
  jwt: string,
  expected: { readonly issuer: string; readonly audience: string },
): Promise<Readonly<Record<string, Json>>> {
  const ca = deps.operatorIssuers.find(expected.issuer)?.rule.caCert ?? '';
  const address = { url: expected.issuer, ...(ca === '' ? {} : { ca }) };
  const { claims } = await verifyForeignToken(deps, jwt, { address, audience: expected.audience });
  return claims;
}
