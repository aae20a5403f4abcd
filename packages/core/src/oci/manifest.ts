import { Fields, type Json, parseJson, utf8 } from '../bytes/index.ts';
import { CodedError } from '../errors.ts';
import {
  type Descriptor,
  EMPTY_DESCRIPTOR,
  formatDescriptor,
  parseDescriptor,
  parseMediaType,
} from './descriptor.ts';
import { isNonDistributable, MEDIA_TYPE } from './media-types.ts';

/** Largest manifest accepted (distribution-spec "Pushing Manifests": at least 4 megabytes). */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

interface ManifestCommon {
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** image-spec manifest.md: an image or any other artifact. */
export interface ImageManifest extends ManifestCommon {
  readonly type: 'image';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** image-spec image-index.md. */
export interface IndexManifest extends ManifestCommon {
  readonly type: 'index';
  readonly manifests: readonly Descriptor[];
}

export type Manifest = ImageManifest | IndexManifest;

const TYPE_OF: Readonly<Record<string, Manifest['type']>> = {
  [MEDIA_TYPE.imageManifest]: 'image',
  [MEDIA_TYPE.dockerManifest]: 'image',
  [MEDIA_TYPE.imageIndex]: 'index',
  [MEDIA_TYPE.dockerManifestList]: 'index',
};

/**
 * Parses a manifest or an index of at most 4 MiB. `contentType` (without parameters) must agree with a
 * `mediaType` field; a document that is both manifest and index is refused, as two readers would see two things.
 * Throws `oci_manifest_invalid`, `oci_manifest_too_large`, `oci_media_type_unsupported`, `oci_descriptor_invalid`,
 * `shape_invalid`, `digest_invalid`, `json_…` or `bytes_…`.
 */
export function parseManifest(bytes: Uint8Array, contentType?: string): Manifest {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new CodedError(
      'oci_manifest_too_large',
      `manifest: ${bytes.length} bytes, the limit is ${MAX_MANIFEST_BYTES}; put large content into a layer`,
    );
  }
  const fields = new Fields(parseJson(bytes, 'manifest', { storable: true }), 'manifest');
  const mediaType = mediaTypeOf(fields, contentType);
  const type = Object.hasOwn(TYPE_OF, mediaType) ? TYPE_OF[mediaType] : undefined;
  if (type === undefined) {
    throw new CodedError(
      'oci_media_type_unsupported',
      `manifest.mediaType: expected an OCI or Docker manifest or index, found ${JSON.stringify(mediaType.slice(0, 100))}`,
    );
  }
  return type === 'image' ? parseImage(fields, mediaType) : parseIndex(fields, mediaType);
}

/** The exact bytes of a manifest that we make: compact JSON, fields in the order of the specification. */
export function formatManifest(manifest: Manifest): Uint8Array {
  const content: { readonly [key: string]: Json } =
    manifest.type === 'image'
      ? { config: formatDescriptor(manifest.config), layers: manifest.layers.map(formatDescriptor) }
      : { manifests: manifest.manifests.map(formatDescriptor) };
  return utf8(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifest.mediaType,
      ...(manifest.artifactType === undefined ? {} : { artifactType: manifest.artifactType }),
      ...content,
      ...(manifest.subject === undefined ? {} : { subject: formatDescriptor(manifest.subject) }),
      ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
    }),
  );
}

/** An artifact that is no image: empty config, `artifactType` says what it is (manifest.md "Guidelines for Artifact Usage"). */
export function artifactManifest(options: {
  readonly artifactType: string;
  /** Without any, the one layer is the empty descriptor, as the specification asks for at least one. */
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}): ImageManifest {
  return {
    type: 'image',
    mediaType: MEDIA_TYPE.imageManifest,
    artifactType: options.artifactType,
    config: EMPTY_DESCRIPTOR,
    layers: options.layers.length === 0 ? [EMPTY_DESCRIPTOR] : options.layers,
    ...(options.subject === undefined ? {} : { subject: options.subject }),
    ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
  };
}

/** What a referrers list says of a manifest's type (distribution-spec "Listing Referrers"): an image falls back to its config. */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  return manifest.artifactType ?? (manifest.type === 'image' ? manifest.config.mediaType : undefined);
}

/** The descriptors of what must be in the repository for the manifest to be whole; never the subject, which may come later. */
export function requiredContent(manifest: Manifest): readonly Descriptor[] {
  if (manifest.type === 'index') return manifest.manifests;
  return [manifest.config, ...manifest.layers].filter((item) => !isNonDistributable(item.mediaType));
}

function mediaTypeOf(fields: Fields, contentType: string | undefined): string {
  const inside = fields.has('mediaType') ? fields.string('mediaType') : undefined;
  if (
    inside !== undefined &&
    contentType !== undefined &&
    inside.toLowerCase() !== contentType.toLowerCase()
  ) {
    throw invalid(`mediaType is ${quote(inside)}, but it was sent as ${quote(contentType)}`);
  }
  const mediaType = inside ?? contentType ?? guessMediaType(fields);
  return mediaType.toLowerCase();
}

// image-spec manifest.md: `mediaType` is optional in an OCI document.
function guessMediaType(fields: Fields): string {
  return fields.has('manifests') ? MEDIA_TYPE.imageIndex : MEDIA_TYPE.imageManifest;
}

function parseImage(fields: Fields, mediaType: string): ImageManifest {
  if (fields.has('manifests'))
    throw invalid('it is both a manifest (by its type) and an index ("manifests")');
  const common = parseCommon(fields, mediaType);
  const config = parseDescriptor(fields.object('config'));
  return { type: 'image', ...common, config, layers: fields.objects('layers').map(parseDescriptor) };
}

function parseIndex(fields: Fields, mediaType: string): IndexManifest {
  if (fields.has('layers') || fields.has('config')) {
    throw invalid('it is both an index (by its type) and a manifest ("config" or "layers")');
  }
  const common = parseCommon(fields, mediaType);
  return { type: 'index', ...common, manifests: fields.objects('manifests').map(parseDescriptor) };
}

function parseCommon(fields: Fields, mediaType: string): ManifestCommon {
  const version = fields.integer('schemaVersion');
  if (version !== 2) throw invalid(`schemaVersion: expected 2, found ${version}`);
  const subject = fields.optionalObject('subject');
  const artifactType = fields.optionalString('artifactType');
  return {
    mediaType,
    // An empty string means the same as a missing field (distribution-spec "Listing Referrers").
    ...(artifactType ? { artifactType: parseMediaType(fields, 'artifactType') } : {}),
    ...(subject === undefined ? {} : { subject: parseDescriptor(subject) }),
    ...(fields.has('annotations') ? { annotations: fields.stringMap('annotations') } : {}),
  };
}

function invalid(why: string): CodedError<'oci_manifest_invalid'> {
  return new CodedError('oci_manifest_invalid', `manifest: ${why}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
