/** Room 4: certificate authority, certificate timestamps, RFC 3161 timestamps, the trusted root. */
export type { IdentityFacts, TrustDeps, VerifyIdentityToken } from './deps.ts';
export { TRUST_PROBLEMS, type TrustCode } from './errors.ts';
export type { CertificateOrder, IssuedCertificate } from './issue-certificate.ts';
export { type IssuerSources, openIssuers } from './issuers/open-issuers.ts';
export { trustMetrics } from './metrics.ts';
export { openTrust, type Trust } from './open-trust.ts';
export { openTuf, type Tuf, type TufDeps } from './open-tuf.ts';
export { FOREIGN_PATHS } from './routes/foreign-paths.ts';
export { issuerRoutes } from './routes/issuers.ts';
export { tufRoutes } from './routes/tuf.ts';
export { trustRoutes } from './routes.ts';
export type { ServerSigned } from './sign-as-server.ts';
