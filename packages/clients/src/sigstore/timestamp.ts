import { randomInt } from 'node:crypto';
import { toBase64 } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';
import { post, type SigstoreServer } from './post.ts';

/** RFC 3161 response over `signature`, DER, by the server's timestamp authority (its JSON form of the request). */
export function timestampOf(server: SigstoreServer, signature: Uint8Array): Promise<Uint8Array> {
  return post(server, '/api/v1/timestamp', {
    accept: 'application/timestamp-reply',
    body: {
      artifactHash: toBase64(sha256(signature)),
      hashAlgorithm: 'sha256',
      certificates: true,
      nonce: randomInt(2 ** 47),
    },
  });
}
