import { fromBase64, fromUtf8, utf8 } from '@waybill/core/bytes';
import { type KeyObject, publicKeyFrom, verifySignature } from '@waybill/core/crypto';
import { parseCsr, pemBlocks } from '@waybill/core/x509';
import { trustError } from './errors.ts';

/** How a client shows that it holds the private key. */
export type KeyClaim =
  | { readonly type: 'public-key'; readonly content: string; readonly proof: Uint8Array }
  | { readonly type: 'csr'; readonly content: Uint8Array };

/** A key and what the token lets its proof sign. */
export interface ClaimedKey {
  readonly claim: KeyClaim;
  readonly challenges: readonly string[];
}

/**
 * The public key whose private half the holder of the token has. Throws `trust_possession_unproven`,
 * `trust_key_refused`, and for a malformed request `x509_…`.
 */
export function provenKey({ claim, challenges }: ClaimedKey): KeyObject {
  const publicKey = claim.type === 'csr' ? readCsr(claim.content) : readPublicKey(claim.content);
  checkKey(publicKey);
  // A CSR proves possession by its own signature; it is bound to the token only by the connection, as in Fulcio.
  if (claim.type === 'public-key') checkProof(publicKey, claim.proof, challenges);
  return publicKey;
}

/**
 * Clients sign the e-mail address when the token has one, else the subject, whatever the kind of issuer:
 * either is accepted, as both are verified claims of this very token.
 */
function checkProof(publicKey: KeyObject, proof: Uint8Array, challenges: readonly string[]): void {
  if (challenges.some((text) => verifySignature(publicKey, utf8(text), proof))) return;
  throw trustError(
    'trust_possession_unproven',
    'The proof of possession does not verify: sign the "sub" of the token (or its verified "email") with the ' +
      'private half of the public key in the request.',
  );
}

function readCsr(content: Uint8Array): KeyObject {
  const isPem = content[0] === 0x2d; // "-"
  return parseCsr(isPem ? fromUtf8(content, 'certificateSigningRequest') : content);
}

/** PEM, or DER in base64. Only a SubjectPublicKeyInfo: a client that sends its private key is told so. */
function readPublicKey(content: string): KeyObject {
  const pem = content.trimStart().startsWith('-----BEGIN');
  const [der] = pem ? pemBlocks(content, 'PUBLIC KEY') : [fromBase64(content.trim(), 'publicKey.content')];
  return publicKeyFrom(der ?? new Uint8Array());
}

const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/** Fulcio docs/certificate-specification.md: P-256, P-384, P-521, Ed25519, RSA of 2048 to 4096 bits with E = 65537. */
function checkKey(key: KeyObject): void {
  const { namedCurve, modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return;
    case 'ec':
      if (CURVES.includes(namedCurve)) return;
      throw refusedKey(`the curve ${namedCurve}`);
    case 'rsa':
      if (
        modulusLength >= 2048 &&
        modulusLength <= 4096 &&
        modulusLength % 8 === 0 &&
        publicExponent === 65537n
      )
        return;
      throw refusedKey(`RSA with ${modulusLength} bits and exponent ${publicExponent}`);
    default:
      throw refusedKey(`a key of type ${key.asymmetricKeyType}`);
  }
}

function refusedKey(found: string): Error {
  return trustError(
    'trust_key_refused',
    `Public key: expected ECDSA P-256, P-384 or P-521, Ed25519, or RSA of 2048 to 4096 bits with exponent 65537, found ${found}.`,
  );
}
