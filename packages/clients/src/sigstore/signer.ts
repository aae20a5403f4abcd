import type { VerificationMaterial } from '@waybill/core/bundle';
import type { SigningKey } from '../keys/index.ts';
import { generateEphemeralKey } from '../keys/index.ts';
import type { IdentityToken } from '../oidc/index.ts';
import { certificateFor } from './certificate.ts';
import { sigstoreError } from './post.ts';
import type { TrustServices } from './services.ts';

/** A key, and how a bundle names it. */
export interface Signer {
  readonly key: SigningKey;
  readonly material: VerificationMaterial;
}

/** A key that whoever verifies must know. */
export function keySigner(key: SigningKey): Signer {
  return { key, material: { type: 'public-key', hint: key.fingerprint } };
}

/** A key that lives in this process only, certified for the identity: good for ten minutes. Throws `sigstore_…`. */
export async function keylessSigner(
  { certificates }: Pick<TrustServices, 'certificates'>,
  identity: IdentityToken,
): Promise<Signer> {
  if (certificates === null) {
    throw sigstoreError(
      'sigstore_no_authority',
      'the signing config names no certificate authority: sign with a key',
    );
  }
  const key = generateEphemeralKey();
  const der = await certificateFor(certificates, identity, key);
  return { key, material: { type: 'certificate', der } };
}
