/** image-spec media-types.md; the Docker ones are what older tools still push. */
export const MEDIA_TYPE = Object.freeze({
  imageManifest: 'application/vnd.oci.image.manifest.v1+json',
  imageIndex: 'application/vnd.oci.image.index.v1+json',
  imageConfig: 'application/vnd.oci.image.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  octetStream: 'application/octet-stream',
});

/** The manifest types that we read, as an `Accept` header wants them. */
export const MANIFEST_MEDIA_TYPES: readonly string[] = Object.freeze([
  MEDIA_TYPE.imageManifest,
  MEDIA_TYPE.imageIndex,
  MEDIA_TYPE.dockerManifest,
  MEDIA_TYPE.dockerManifestList,
]);

// RFC 6838 §4.2: type and subtype, 127 characters at most each.
const TOKEN = '[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}';
const MEDIA_TYPE_PATTERN = new RegExp(`^${TOKEN}/${TOKEN}$`);

/** True for `type/subtype` without parameters. */
export function isMediaType(text: string): boolean {
  return MEDIA_TYPE_PATTERN.test(text);
}

/** A Content-Type header without its parameters; they carry no meaning for manifests (distribution-spec "Pull"). */
export function stripParameters(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** True when the registry need not hold the blob: its licence keeps it elsewhere (image-spec layer.md "Non-Distributable"). */
export function isNonDistributable(mediaType: string): boolean {
  return (
    mediaType.startsWith('application/vnd.oci.image.layer.nondistributable.') ||
    mediaType.startsWith('application/vnd.docker.image.rootfs.foreign.')
  );
}
