import { derFault } from './der-reader.ts';

/** Reader of TLS presentation language (RFC 5246 §4). `what` names the structure in errors; throws `x509_der`. */
export class TlsReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(sizeBytes: number): Uint8Array {
    if (sizeBytes > this.#bytes.length - this.#at) throw derFault(this.#what, 'ends too early');
    this.#at += sizeBytes;
    return this.#bytes.subarray(this.#at - sizeBytes, this.#at);
  }

  number(sizeBytes: number): number {
    return this.take(sizeBytes).reduce((sum, octet) => sum * 256 + octet, 0);
  }

  /** A variable-length vector whose length stands before it in `lengthBytes` octets. */
  opaque(lengthBytes: number): Uint8Array {
    return this.take(this.number(lengthBytes));
  }

  end(): void {
    if (!this.atEnd) throw derFault(this.#what, 'has extra data at the end');
  }
}
