/** Fulcio's rules: from the claims of a token to the name and the extensions of a certificate. Pure. */
export { type BuildClaims, buildClaimsOf } from './build-claims.ts';
export { checkTokenClaims } from './check-claims.ts';
export { checkIssuerRule } from './check-rule.ts';
export {
  type CiProvider,
  type FulcioConfig,
  type IssuerRule,
  parseFulcioConfig,
  parseFulcioDocument,
  readFulcioConfig,
} from './config.ts';
export { findIssuer, matchesIssuer } from './find-issuer.ts';
export { challengeClaimOf, ISSUER_TYPES, type IssuerType, issuerTypeOf } from './issuer-types.ts';
export { type NamedSigner, type Principal, principalOf, type VerifiedToken } from './principal.ts';
export { formatGoUrl, type GoUrl, parseGoUrl } from './go-url.ts';
export { renderTemplate } from './render-template.ts';
export { parseTemplate, type Template } from './template.ts';
