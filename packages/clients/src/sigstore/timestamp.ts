import { randomInt } from 'node:crypto';
import { toBase64 } from '@waybill/core/bytes';
import { sha256 } from '@waybill/core/crypto';
import { ask, type Service, sigstoreError } from './post.ts';

/** RFC 3161 response over `signature`, DER, by a timestamp authority (the JSON form of its request). */
export async function timestampOf(authority: Service, signature: Uint8Array): Promise<Uint8Array> {
  const answer = await ask(authority, {
    path: '',
    accept: 'application/timestamp-reply',
    body: {
      artifactHash: toBase64(sha256(signature)),
      hashAlgorithm: 'sha256',
      certificates: true,
      nonce: randomInt(2 ** 47),
    },
  });
  if (answer.length > 0) return answer;
  throw sigstoreError(
    'sigstore_protocol',
    `${authority.url} answered with nothing: is it a timestamp authority?`,
  );
}
