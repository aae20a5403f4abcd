import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Digest } from '@waybill/core/digest';

/** SHA-256 and size of a stream, without holding more than a chunk of it. */
export async function digestOfStream(
  stream: Readable,
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
}
