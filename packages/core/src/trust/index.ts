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
