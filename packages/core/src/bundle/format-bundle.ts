import { toBase64 } from '../bytes/index.ts';
import { algorithmOf, hexOf } from '../digest/index.ts';
import { envelopeJson } from '../dsse/index.ts';
import { CodedError } from '../errors.ts';
import type { Bundle, BundleContent, TlogEntry, VerificationMaterial } from './bundle.ts';

/** Media type of the bundles that are written. */
export const BUNDLE_MEDIA_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/**
 * The bundle as JSON of version 0.3 (protojson: 64-bit integers as strings), whatever version it was read from.
 * Throws `bundle_format` for a log entry without an inclusion proof, which version 0.3 cannot hold.
 */
export function formatBundle(bundle: Bundle): string {
  return JSON.stringify({
    mediaType: BUNDLE_MEDIA_TYPE,
    verificationMaterial: {
      ...materialJson(bundle.verificationMaterial),
      tlogEntries: bundle.tlogEntries.map(formatTlogEntry),
      ...(bundle.timestamps.length === 0
        ? {}
        : {
            timestampVerificationData: {
              rfc3161Timestamps: bundle.timestamps.map((der) => ({ signedTimestamp: toBase64(der) })),
            },
          }),
    },
    ...contentJson(bundle.content),
  });
}

function materialJson(material: VerificationMaterial) {
  switch (material.type) {
    case 'certificate':
      return { certificate: { rawBytes: toBase64(material.der) } };
    case 'chain':
      return { certificate: { rawBytes: toBase64(material.certificates[0]) } };
    case 'public-key':
      return { publicKey: { hint: material.hint } };
  }
}

/** TransparencyLogEntry in protojson, every field written out: some readers take an absent zero for a fault. */
function formatTlogEntry(entry: TlogEntry) {
  const proof = entry.inclusionProof;
  if (!proof) {
    throw new CodedError(
      'bundle_format',
      'a bundle of version 0.3 needs an inclusion proof for each log entry',
    );
  }
  return {
    logIndex: String(entry.logIndex),
    logId: { keyId: toBase64(entry.logId) },
    kindVersion: { kind: entry.kind, version: entry.version },
    integratedTime: String(entry.integratedTime ?? 0),
    ...(entry.inclusionPromise
      ? { inclusionPromise: { signedEntryTimestamp: toBase64(entry.inclusionPromise) } }
      : {}),
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: toBase64(proof.rootHash),
      treeSize: String(proof.treeSize),
      hashes: proof.hashes.map((hash) => toBase64(hash)),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: toBase64(entry.canonicalizedBody),
  };
}

function contentJson(content: BundleContent) {
  if (content.type === 'dsse') return { dsseEnvelope: envelopeJson(content.envelope) };
  const { digest, signature } = content;
  return {
    messageSignature: {
      ...(digest
        ? {
            messageDigest: {
              algorithm: `SHA2_${algorithmOf(digest).slice('sha'.length)}`,
              digest: Buffer.from(hexOf(digest), 'hex').toString('base64'),
            },
          }
        : {}),
      signature: toBase64(signature),
    },
  };
}
