import { isCoded } from '@waybill/core';
import { Fields, fromBase64, parseJson, toBase64, utf8 } from '@waybill/core/bytes';
import type { SigningKey } from '../keys/index.ts';
import type { IdentityToken } from '../oidc/index.ts';
import { ask, type Service, sigstoreError } from './post.ts';

/**
 * The signing certificate for `key`, DER: Fulcio's `POST /api/v2/signingCert` with the key's signature over the
 * token's subject or email as proof of possession. Throws `sigstore_refused`, `sigstore_protocol`.
 */
export async function certificateFor(
  authority: Service,
  identity: IdentityToken,
  key: SigningKey,
): Promise<Uint8Array> {
  const proof = await key.sign(utf8(identity.subject));
  const answer = await ask(authority, {
    path: '/api/v2/signingCert',
    accept: 'application/json',
    body: {
      credentials: { oidcIdentityToken: identity.jwt.reveal() },
      publicKeyRequest: {
        publicKey: { algorithm: 'ECDSA', content: key.publicKey },
        proofOfPossession: toBase64(proof),
      },
    },
  });
  try {
    const fields = new Fields(parseJson(answer, 'certificate answer'), 'certificate answer');
    const chain = fields.object('signedCertificateEmbeddedSct').object('chain').strings('certificates');
    return derOf(chain[0] ?? '');
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
    throw sigstoreError(
      'sigstore_protocol',
      `${authority.url} answered without a certificate (${cause.message}): is it a Fulcio?`,
      { cause },
    );
  }
}

function derOf(pem: string): Uint8Array {
  const found = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/.exec(pem);
  return fromBase64((found?.[1] ?? '*').replaceAll(/\s/g, ''), 'certificate');
}
