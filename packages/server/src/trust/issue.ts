import type { Secret } from '@waybill/core';
import { type IssueDeps, type IssuedCertificate, issueCertificate } from './issue-certificate.ts';
import { type NameSignerDeps, nameSigner } from './issuers/name-signer.ts';
import type { KeyClaim } from './proof-of-possession.ts';

/** What a client asks of the certificate authority. Nothing in it is believed but the token, once verified. */
export interface SigningRequest {
  readonly token: Secret<string>;
  readonly key: KeyClaim;
}

/**
 * The certificate authority's recipe. Throws `identity_token_…` or `trust_token_…` for a token that is not valid,
 * `trust_issuer_unknown`, `trust_issuer_unreachable`, `trust_possession_unproven`, `trust_key_refused`,
 * `trust_token_subject`, `trust_ct_unavailable`.
 */
export async function issue(
  deps: IssueDeps & NameSignerDeps,
  request: SigningRequest,
): Promise<IssuedCertificate> {
  const holder = await nameSigner(deps, request.token.reveal());
  const { challenges } = holder;
  return issueCertificate(deps, { key: { claim: request.key, challenges }, ...holder.identity() });
}
