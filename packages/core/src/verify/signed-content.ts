import type { Bundle, BundleContent } from '../bundle/index.ts';
import { fromHex } from '../bytes/index.ts';
import { type HashName, hash, hashFor, type KeyObject, verifySignature } from '../crypto.ts';
import { algorithmOf, type Digest, digestOf, hexOf } from '../digest/index.ts';
import { type Envelope, pae } from '../dsse/index.ts';
import { verifyPrehashed } from '../tlog/index.ts';
import { verifyError } from './errors.ts';

/** The file itself, or its digest where the file is not at hand. */
export type Artifact = Uint8Array | Digest;

/** What the signature of a bundle is about. */
export interface SignedContent {
  readonly signature: Uint8Array;
  /** The signed bytes (PAE or file), or the digest of a file. */
  readonly signed: Uint8Array | Digest;
  readonly envelope: Envelope | null;
}

/** Throws `verify_artifact` for a message signature without its artifact, or about another one. */
export function signedContentOf(bundle: Bundle, artifact: Artifact | undefined): SignedContent {
  const { content } = bundle;
  if (content.type === 'message-signature') return messageContent(content, artifact);
  const { envelope } = content;
  const [only] = envelope.signatures;
  if (!only) throw verifyError('verify_signature', 'the envelope has no signature');
  return { signature: only.signature, signed: pae(envelope.payloadType, envelope.payload), envelope };
}

function messageContent(
  content: Extract<BundleContent, { type: 'message-signature' }>,
  artifact: Artifact | undefined,
): SignedContent {
  if (artifact === undefined) {
    throw verifyError('verify_artifact', 'the bundle signs a file: hand over that file or its digest');
  }
  // The bundle's digest is only a hint; a wrong one still says that this is not the file that was meant.
  if (content.digest && !isArtifact(artifact, content.digest)) {
    throw verifyError('verify_artifact', `the bundle is about ${content.digest}, not about this file`);
  }
  return { signature: content.signature, signed: artifact, envelope: null };
}

/** Digests by different algorithms cannot be compared, so they count as different. */
function isArtifact(artifact: Artifact, digest: Digest): boolean {
  return typeof artifact === 'string'
    ? artifact === digest
    : digestOf(artifact, algorithmOf(digest)) === digest;
}

/** Hash of what was signed; null when only a digest by another algorithm is known. */
export function signedDigest(content: SignedContent, name: HashName): Uint8Array | null {
  const { signed } = content;
  if (typeof signed !== 'string') return hash(name, signed);
  return algorithmOf(signed) === name ? fromHex(hexOf(signed)) : null;
}

/** Throws `verify_signature`; `verify_artifact` when the key needs the file and only a digest is known. */
export function checkSignature(content: SignedContent, key: KeyObject): void {
  if (!isSignedBy(content, key)) {
    throw verifyError('verify_signature', 'the signature is not by this signer over this content');
  }
}

function isSignedBy(content: SignedContent, key: KeyObject): boolean {
  if (typeof content.signed !== 'string') return verifySignature(key, content.signed, content.signature);
  const name = hashFor(key);
  const digest = name === null ? null : signedDigest(content, name);
  if (digest) return verifyPrehashed(key, digest, content.signature);
  throw verifyError(
    'verify_artifact',
    `a signature by this key cannot be checked with ${algorithmOf(content.signed)} alone: hand over the file`,
  );
}
