/** The verdict of the independent verifier on a case: it takes files only, no digests. */
import { createPublicKey } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import type { PeerVerdict } from './case.ts';

export interface SigstoreCase {
  readonly bundle: string;
  readonly trustedRoot: string;
  readonly artifact: Buffer;
  /** PEM; null for certificates. */
  readonly key: string | null;
  /** Whom the certificate must name. */
  readonly signer: { readonly issuer: string; readonly subject: string } | null;
}

export function sigstoreJsVerdict({ bundle, trustedRoot, artifact, key, signer }: SigstoreCase): PeerVerdict {
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(trustedRoot)), () => keyOf(key));
    const entity = toSignedEntity(bundleFromJSON(JSON.parse(bundle)), artifact);
    new Verifier(material).verify(
      entity,
      signer ? { subjectAlternativeName: signer.subject, extensions: { issuer: signer.issuer } } : undefined,
    );
    return { by: '@sigstore/verify', accepted: true, message: 'accepted' };
  } catch (error) {
    return { by: '@sigstore/verify', accepted: false, message: (error as Error).message };
  }
}

function keyOf(pem: string | null) {
  if (pem === null) throw new Error('no key');
  return { publicKey: createPublicKey(pem), validFor: () => true };
}
