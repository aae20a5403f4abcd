export { CLIENT_TRUST_CONFIG_MEDIA_TYPE, formatClientTrustConfig } from './client-trust-config.ts';
export { formatTrustedRoot } from './format-trusted-root.ts';
export { parseTrustedRoot } from './parse-trusted-root.ts';
export {
  chooseServices,
  parseSigningConfig,
  SIGNING_CONFIG_MEDIA_TYPE,
  type ServiceGroup,
  type SigningConfig,
  type SigningService,
} from './signing-config.ts';
export {
  type CertificateAuthority,
  isWithin,
  TRUSTED_ROOT_MEDIA_TYPE,
  type TransparencyLog,
  type TrustedRoot,
  type ValidityPeriod,
} from './trusted-root.ts';
export {
  signTufMetadata,
  TUF_ROLES,
  type TufContent,
  type TufKey,
  type TufRole,
  type TufStatement,
  type TufTarget,
  tufKeyId,
  tufPointer,
  tufRoot,
  tufTargets,
} from './tuf-metadata.ts';
