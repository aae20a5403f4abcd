export type {
  Bundle,
  BundleContent,
  BundleVersion,
  InclusionProof,
  TlogEntry,
  VerificationMaterial,
} from './bundle.ts';
export { BUNDLE_MEDIA_TYPE, formatBundle, formatTlogEntry } from './format-bundle.ts';
export { parseBundle } from './parse-bundle.ts';
