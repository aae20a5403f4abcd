export type {
  Bundle,
  BundleContent,
  BundleVersion,
  InclusionProof,
  TlogEntry,
  VerificationMaterial,
} from './bundle.ts';
export { BUNDLE_MEDIA_TYPE, formatBundle } from './format-bundle.ts';
export { ATTACHMENT_MEDIA_TYPE, parseAttachment } from './parse-attachment.ts';
export { type BundleOptions, parseBundle } from './parse-bundle.ts';
export { parseSigned, type Signed } from './parse-signed.ts';
export { parseTlogEntry } from './parse-tlog-entry.ts';
