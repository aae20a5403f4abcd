export {
  concat,
  equalBytes,
  fromBase64,
  fromHex,
  fromUtf8,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
} from './encoding.ts';
export { Fields } from './fields.ts';
export { canonicalJson, isStorable, type Json, type JsonLimits, parseJson } from './json.ts';
export { matchesPattern } from './pattern.ts';
export { explainLookAlike, foldLookAlikes, nearest, normalizeName, quoted } from './spelling.ts';
export { readAtMost } from './read-at-most.ts';
