import type { Secret } from '@waybill/core';
import type { TrustDeps } from './deps.ts';
import { type IssueDeps, type IssuedCertificate, issueCertificate } from './issue-certificate.ts';
import { type KeyClaim, provenKey } from './proof-of-possession.ts';
import { signerIdentityOf } from './signer-identity.ts';

/** What a client asks of the certificate authority. Nothing in it is believed but the token, once verified. */
export interface SigningRequest {
  readonly token: Secret<string>;
  readonly key: KeyClaim;
}

/**
 * The certificate authority's recipe. Throws `identity_token_…` for a token that is not valid,
 * `trust_possession_unproven`, `trust_key_refused`, `trust_token_subject`, `trust_ct_unavailable`.
 */
export async function issue(
  deps: IssueDeps & Pick<TrustDeps, 'verifyIdentityToken' | 'issuerUrl'>,
  request: SigningRequest,
): Promise<IssuedCertificate> {
  const facts = await deps.verifyIdentityToken(request.token.reveal());
  const publicKey = provenKey(request.key, facts);
  const signer = signerIdentityOf(facts, deps.issuerUrl);
  return issueCertificate(deps, { publicKey, ...signer });
}
