/** What a stream's pieces are gathered into: large enough that the way to the disk is not dearer than the bytes. */
const BUFFER_BYTES = 256 * 1024;
/** Smaller than this a blob goes as it comes: most are, and two buffers each would cost more than they save. */
const DIRECT_BYTES = 128 * 1024;

type Write = (bytes: Uint8Array) => Promise<void>;

/**
 * Gathers small pieces and writes one buffer while the other fills. `add` MUST be awaited before the next; a write
 * that fails is told by the next `add` or by `end`, whichever comes first.
 */
export class WriteBehind {
  readonly #write: Write;
  #sizeBytes = 0;
  #buffer: Buffer | undefined;
  #spare: Buffer | undefined;
  #filledBytes = 0;
  #writing: Promise<void> | undefined;

  constructor(write: Write) {
    this.#write = write;
  }

  async add(piece: Uint8Array): Promise<void> {
    this.#sizeBytes += piece.length;
    if (this.#sizeBytes <= DIRECT_BYTES || piece.length >= BUFFER_BYTES) {
      await this.#flush();
      await this.#settled();
      return this.#write(piece);
    }
    if (this.#filledBytes + piece.length > BUFFER_BYTES) await this.#flush();
    this.#buffer ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#buffer.set(piece, this.#filledBytes);
    this.#filledBytes += piece.length;
  }

  /** Resolves when all that was added is written. */
  async end(): Promise<void> {
    await this.#flush();
    await this.#settled();
  }

  /** After a failure elsewhere: waits until nothing is written any more. */
  async abandon(): Promise<void> {
    await this.#writing?.catch(() => undefined);
  }

  async #flush(): Promise<void> {
    if (this.#buffer === undefined || this.#filledBytes === 0) return;
    await this.#settled();
    const full = this.#buffer;
    this.#writing = this.#write(full.subarray(0, this.#filledBytes));
    // Whoever comes next awaits it; until then its failure is nobody's surprise.
    this.#writing.catch(() => undefined);
    this.#buffer = this.#spare;
    this.#spare = full;
    this.#filledBytes = 0;
  }

  async #settled(): Promise<void> {
    const writing = this.#writing;
    this.#writing = undefined;
    await writing;
  }
}
