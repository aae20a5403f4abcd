export type {
  Bundle,
  BundleContent,
  BundleVersion,
  InclusionProof,
  TlogEntry,
  VerificationMaterial,
} from './bundle.ts';
export { BUNDLE_MEDIA_TYPE, formatBundle } from './format-bundle.ts';
export { type BundleOptions, parseBundle } from './parse-bundle.ts';
export { parseSigned, type Signed } from './parse-signed.ts';
export { parseTlogEntry } from './parse-tlog-entry.ts';
