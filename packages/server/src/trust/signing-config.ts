import type { Authorities } from './authorities.ts';
import type { TrustDeps } from './deps.ts';

/** Where a Sigstore client finds the services (sigstore_trustroot.proto SigningConfig, version 0.2), as JSON. */
export function signingConfigOf(
  deps: Pick<TrustDeps, 'publicUrl' | 'issuerUrl'> & { readonly authorities: Authorities },
) {
  const { publicUrl, issuerUrl, authorities } = deps;
  const operator = new URL(publicUrl).host;
  const service = (url: string, majorApiVersion: number, start: Date) => ({
    url,
    majorApiVersion,
    validFor: { start: start.toISOString() },
    operator,
  });
  const { certificate, timestamp } = authorities;
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(publicUrl, 1, certificate.validFrom)],
    oidcUrls: [service(issuerUrl, 1, certificate.validFrom)],
    rekorTlogUrls: [service(publicUrl, 2, certificate.validFrom)],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [service(`${publicUrl}/api/v1/timestamp`, 1, timestamp.validFrom)],
    tsaConfig: { selector: 'ANY' },
  };
}
