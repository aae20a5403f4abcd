import { CodedError } from '@waybill/core';
import { toHex } from '@waybill/core/bytes';
import { digestOf } from '@waybill/core/digest';
import type { HashedRekord, RekordVerifier } from '@waybill/core/tlog';
import { type Certificate, parseCertificate, readFulcioExtensions, signerNameOf } from '@waybill/core/x509';
import type { EntryFacts } from './receipt.ts';

const DIGEST_NAMES: Readonly<Record<number, string>> = { 32: 'sha256', 48: 'sha384', 64: 'sha512' };

/** What stands in the rekord itself. A certificate that cannot be read gives no facts: the entry is still what was signed. */
export function factsOf({ digest, verifier }: HashedRekord): EntryFacts {
  const artifactDigest = `${DIGEST_NAMES[digest.length] ?? 'sha256'}:${toHex(digest)}`;
  return { artifactDigest, ...signerFacts(verifier) };
}

function signerFacts(verifier: RekordVerifier): EntryFacts {
  if ('publicKey' in verifier) return { certificateFingerprint: digestOf(verifier.publicKey) };
  try {
    return certificateFacts(parseCertificate(verifier.certificate));
  } catch (error) {
    if (error instanceof CodedError) return { certificateFingerprint: digestOf(verifier.certificate) };
    throw error;
  }
}

/** Whom a certificate names. Throws `x509_…` when it names nobody. */
export function certificateFacts(certificate: Certificate): EntryFacts {
  const issuer = readFulcioExtensions(certificate)?.issuer;
  return {
    certificateFingerprint: digestOf(certificate.der),
    signer: signerNameOf(certificate).value,
    ...(issuer !== undefined && { issuer }),
  };
}
