/** Room 7: the OCI distribution API over the store, with referrers, one name space per organisation. */
export { allowedActions } from './access.ts';
export { openRegistry, type RegistryDeps } from './deps.ts';
export { REGISTRY_PROBLEMS, type RegistryCode } from './errors.ts';
export type { ManifestDeleted, ManifestPushed } from './events.ts';
export {
  blobSizes,
  type RepositoryOf,
  statManifest,
} from './evidence.ts';
export { readManifest, resolveManifest } from './get-manifest.ts';
export { expireUploads } from './jobs.ts';
export { listReferrers } from './list-referrers.ts';
export { type EvidenceManifest, putEvidence } from './put-evidence.ts';
export type { ManifestRow } from './queries.ts';
export { type RegistryRoutesDeps, registryRoutes } from './routes.ts';
