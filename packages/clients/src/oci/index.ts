/** A small client of OCI registries. Everything received is checked against its digest. */
export { type ArtifactToAttach, type AttachedArtifact, attachArtifact } from './attach.ts';
export { type Connection, type ConnectOptions, connect } from './connection.ts';
export { type Credentials, credentialsFromHelper, type DockerAuth, dockerAuth } from './credentials.ts';
export type { OciClientCode } from './errors.ts';
export {
  getBlob,
  getManifest,
  headManifest,
  type ManifestAddress,
  type PulledManifest,
  readBlob,
  resolve,
  statBlob,
} from './pull.ts';
export { hasBlob, type PushedBlob, pushBlob, pushManifest } from './push.ts';
export { pushFile } from './push-file.ts';
export { listReferrers } from './referrers.ts';
