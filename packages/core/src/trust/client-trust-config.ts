export const CLIENT_TRUST_CONFIG_MEDIA_TYPE = 'application/vnd.dev.sigstore.clienttrustconfig.v0.1+json';

/**
 * All that a client needs in one file (sigstore_trustroot.proto ClientTrustConfig), from the two documents as JSON:
 * whom to trust, and where the services are. The bytes of both stay as they are.
 */
export function formatClientTrustConfig(trustedRoot: string, signingConfig: string): string {
  const mediaType = JSON.stringify(CLIENT_TRUST_CONFIG_MEDIA_TYPE);
  return `{"mediaType":${mediaType},"trustedRoot":${trustedRoot},"signingConfig":${signingConfig}}`;
}
