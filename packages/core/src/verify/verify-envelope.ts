import { type KeyObject, verifyRawEcdsa, verifySignature } from '../crypto.ts';
import { type Envelope, pae } from '../dsse/index.ts';
import { verifyError } from './errors.ts';
import type { Artifact } from './signed-content.ts';
import { checkSubject, statementIn } from './statement-in.ts';
import { Verified } from './verified.ts';
import type { VerifiedContent } from './verify-bundle.ts';

export interface EnvelopeOptions {
  /** Whose signatures count. The same key twice is one signer. */
  readonly publicKeys: readonly KeyObject[];
  /** How many of these signers must have signed, at least one (DSSE protocol.md: t of n). */
  readonly threshold: number;
  /** What its statement must be about. */
  readonly artifact?: Artifact;
}

export interface VerifiedEnvelope {
  /** One proof for each of the keys that signed, in the order in which the keys were given. */
  readonly proofs: readonly [Verified<VerifiedContent>, ...Verified<VerifiedContent>[]];
  /** For each signature of the envelope the index of the key that made it; null: none of those given. */
  readonly signedBy: readonly (number | null)[];
}

/**
 * Proves that enough of the expected keys signed a DSSE envelope that stands alone. Such an envelope names neither a
 * time nor a log: `signedAt` and `logged` are null, and a key that was stolen signs as well as ever.
 * Throws `verify_threshold`, `verify_artifact`, `verify_not_a_statement`, `intoto_…`.
 */
export function verifyEnvelope(envelope: Envelope, options: EnvelopeOptions): VerifiedEnvelope {
  const keys = options.publicKeys;
  const signed = pae(envelope.payloadType, envelope.payload);
  // The key id is an unauthenticated hint, so every signature is tried with every key.
  const signedBy = envelope.signatures.map(({ signature }) => {
    const index = keys.findIndex((key) => isBy(key, signed, signature));
    return index === -1 ? null : index;
  });
  // A key counts once, whatever it signed: each signature is by the first key that fits, also of two that are equal.
  const [first, ...others] = keys.filter((_, index) => signedBy.includes(index));
  const found = first === undefined ? 0 : 1 + others.length;
  if (first === undefined || !(options.threshold >= 1) || found < options.threshold) {
    throw verifyError(
      'verify_threshold',
      `expected signatures by ${options.threshold} of ${keys.length} given key(s), found ${found} among the ${signedBy.length} of the envelope`,
    );
  }
  if (options.artifact !== undefined) checkSubject(statementIn(envelope), options.artifact);
  const { payloadType, payload } = envelope;
  const proofOf = (publicKey: KeyObject) =>
    new Verified<VerifiedContent>(
      { type: 'dsse', payloadType, payload },
      { signer: { type: 'key', publicKey }, signedAt: null, logged: null },
    );
  return { proofs: [proofOf(first), ...others.map(proofOf)], signedBy };
}

/** DSSE leaves the form of a signature open: key services also write ECDSA as r ‖ s. */
function isBy(key: KeyObject, signed: Uint8Array, signature: Uint8Array): boolean {
  return verifySignature(key, signed, signature) || verifyRawEcdsa(key, signed, signature);
}
