import { createHash, type KeyObject, sign } from 'node:crypto';
import { httpPost } from './wire.ts';

export interface SigningKeys {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A signature as a client of Rekor v2 logs it, as one whole HTTP request. */
export function rekordRequest(artifact: string, { privateKey, publicKey }: SigningKeys): Buffer {
  const body = JSON.stringify({
    hashedRekordRequestV002: {
      digest: createHash('sha256').update(artifact).digest('base64'),
      signature: {
        content: sign('sha256', Buffer.from(artifact), privateKey).toString('base64'),
        verifier: {
          publicKey: { rawBytes: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') },
          keyDetails: 'PKIX_ECDSA_P256_SHA_256',
        },
      },
    },
  });
  return httpPost('/api/v2/log/entries', body, { 'content-type': 'application/json' });
}
