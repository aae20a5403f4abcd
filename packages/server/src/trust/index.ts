/** Room 4: certificate authority, certificate timestamps, RFC 3161 timestamps, the trusted root. */
export type { IdentityFacts, TrustDeps, VerifyIdentityToken } from './deps.ts';
export { TRUST_PROBLEMS, type TrustCode } from './errors.ts';
export type { CertificateOrder, IssuedCertificate } from './issue-certificate.ts';
export { trustMetrics } from './metrics.ts';
export type { ServerSigned } from './sign-as-server.ts';
export { type IssuerSources, openIssuers } from './issuers/open-issuers.ts';
export { openTrust, type Trust } from './open-trust.ts';
export { issuerRoutes } from './routes/issuers.ts';
export { trustRoutes } from './routes.ts';
