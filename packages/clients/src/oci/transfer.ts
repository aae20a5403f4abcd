import { createHash } from 'node:crypto';
import { readAtMost as readPieces } from '@waybill/core/bytes';
import { algorithmOf, type Digest, hexOf } from '@waybill/core/digest';
import { ociClientError } from './errors.ts';

/** Aborts an exchange on which nothing moves for `timeoutMs`; one that moves may take as long as it needs. */
export class Stall {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #timedOut = false;
  #ended = false;

  constructor(timeoutMs: number) {
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      this.#controller.abort();
    }, timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get timedOut(): boolean {
    return this.#timedOut;
  }

  /** Passes the pieces on; each one is a sign of life. */
  async *watch<T>(source: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
    for await (const piece of source) {
      this.#alive();
      yield piece;
    }
    this.#alive();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  // An upload's source may end after its answer: a cleared timer must not be set going again.
  #alive(): void {
    if (!this.#ended) this.#timer.refresh();
  }
}

/** Throws `oci_client_too_large` as soon as there are more than `maxBytes`. */
export function readAtMost(source: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  return readPieces(source, maxBytes, () =>
    ociClientError('oci_client_too_large', `The registry sent more than ${maxBytes} bytes.`),
  );
}

/**
 * Passes the pieces on and throws `oci_client_digest_mismatch` when they are not the expected bytes. The last piece
 * is held back until the digest is known: nobody ever gets wrong bytes whole, neither we nor a registry.
 */
export async function* verified(
  source: AsyncIterable<Uint8Array>,
  expected: { readonly digest: Digest; readonly sizeBytes: number },
): AsyncGenerator<Uint8Array> {
  const hash = createHash(algorithmOf(expected.digest));
  let sizeBytes = 0;
  let held: Uint8Array | undefined;
  for await (const piece of source) {
    sizeBytes += piece.length;
    if (sizeBytes > expected.sizeBytes) break;
    hash.update(piece);
    if (held !== undefined) yield held;
    held = piece;
  }
  if (sizeBytes !== expected.sizeBytes || hash.digest('hex') !== hexOf(expected.digest)) {
    throw ociClientError(
      'oci_client_digest_mismatch',
      `The bytes are not those of ${expected.digest} (${expected.sizeBytes} bytes).`,
      { detail: { expected: expected.digest } },
    );
  }
  if (held !== undefined) yield held;
}
