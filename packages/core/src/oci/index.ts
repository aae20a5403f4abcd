export {
  type Descriptor,
  descriptorOf,
  EMPTY_BLOB,
  EMPTY_DESCRIPTOR,
  formatDescriptor,
  type Platform,
  parseDescriptor,
} from './descriptor.ts';
export {
  artifactManifest,
  artifactTypeOf,
  formatManifest,
  type ImageManifest,
  type IndexManifest,
  MAX_MANIFEST_BYTES,
  type Manifest,
  parseManifest,
  requiredContent,
} from './manifest.ts';
export {
  isMediaType,
  isNonDistributable,
  MANIFEST_MEDIA_TYPES,
  MEDIA_TYPE,
  stripParameters,
} from './media-types.ts';
export {
  formatReference,
  isRegistry,
  isRepository,
  isTag,
  MAX_REPOSITORY_LENGTH,
  parseReference,
  parseRepository,
  parseTag,
  parseTagOrDigest,
  type Reference,
} from './reference.ts';
