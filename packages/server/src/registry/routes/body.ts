import type { FastifyRequest } from 'fastify';
import { registryError } from '../errors.ts';

/** True when the request carries a body, of a length given or not. */
export function hasBody(request: FastifyRequest): boolean {
  return contentLength(request) !== 0 || request.headers['transfer-encoding'] !== undefined;
}

/** Content-Length; 0 without one. */
export function contentLength(request: FastifyRequest): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** The whole body, at most `maxBytes`; more throws what `tooLarge` makes. */
export async function readBody(
  request: FastifyRequest,
  maxBytes: number,
  tooLarge: () => Error,
): Promise<Uint8Array> {
  if (contentLength(request) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request.raw) {
      chunks.push(chunk as Uint8Array);
      sizeBytes += (chunk as Uint8Array).length;
      if (sizeBytes > maxBytes) break;
    }
  } catch (cause) {
    throw registryError('registry_upload_cut_off', 'The connection ended before the body was whole.', {
      cause,
    });
  }
  if (sizeBytes > maxBytes) throw tooLarge();
  return Buffer.concat(chunks);
}
