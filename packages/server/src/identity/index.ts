/** Room 1: organisations, roles, API tokens, registered public keys, the built-in OIDC issuer. */

export { authenticate } from './authenticate.ts';
export { type Action, authorize } from './authorize.ts';
export { type BootstrapDeps, bootstrap } from './bootstrap.ts';
export type { IdentityDeps } from './deps.ts';
export { IDENTITY_PROBLEMS, type IdentityCode } from './errors.ts';
export { issueIdentityToken, type VerifiedIdentity, verifyIdentityToken } from './identity-token.ts';
export type { VerifiedPipeline, VerifyPipelineToken } from './exchange-pipeline-token.ts';
export { findPipelineClaims } from './queries/sessions.ts';
export { checkIssuer, issuerUrlOf } from './issuer.ts';
export { endOfKey } from './end-key.ts';
export { compromisedKeysOf, findKey, findKeyByFingerprint, keysOf } from './keys.ts';
export { openIdentity } from './open.ts';
export {
  actorOf,
  type Principal,
  type Role,
  type Scope,
  scopeCovers,
  type Target,
  targetOf,
} from './principal.ts';
export type { KeyRow } from './queries/keys.ts';
export {
  issueRegistryToken,
  type RegistryAccess,
  type RegistryAction,
  verifyRegistryToken,
} from './registry-token.ts';
export {
  createRobotAccount,
  listRobotAccounts,
  revokeRobotAccount,
  rotateRobotAccount,
} from './robot-accounts.ts';
export { presentToken } from './present-token.ts';
export { addTrust, listTrusts, removeTrust } from './trusts.ts';
export { isIssuerUrl } from './issuer-url.ts';
export type { PipelineCi, TrustRow } from './queries/trusts.ts';
export { findWaysInto } from './queries.ts';
export { signInFirst, type Who } from './routes/sign-in.ts';
export { identityRoutes } from './routes.ts';
