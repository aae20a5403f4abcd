import { matchesPattern } from '../bytes/index.ts';
import type { ContractSigner } from './contract.ts';

/** True when both parts of the identity match. */
export function signerMatches(
  signer: ContractSigner,
  identity: { readonly issuer: string; readonly subject: string },
): boolean {
  return matchesPattern(signer.issuer, identity.issuer) && matchesPattern(signer.subject, identity.subject);
}
