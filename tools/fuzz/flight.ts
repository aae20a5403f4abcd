/** What the worker is doing now, in memory that the watching thread reads while the worker hangs. */
const HEADER_WORDS = 4;
const MAX_INPUT_BYTES = 1024 * 1024;

/** Written by one thread, read by another. */
export class FlightRecorder {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(buffer = new SharedArrayBuffer(HEADER_WORDS * 4 + MAX_INPUT_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, HEADER_WORDS);
    this.#bytes = new Uint8Array(buffer, HEADER_WORDS * 4);
  }

  startTarget(index: number): void {
    this.#words[1] = index;
    this.#words[2] = -1;
    this.#words[3] = 0;
    Atomics.add(this.#words, 0, 1);
  }

  startCase(input: Uint8Array): void {
    this.#words[2] = (this.#words[2] ?? 0) + 1;
    this.#words[3] = Math.min(input.length, MAX_INPUT_BYTES);
    this.#bytes.set(input.subarray(0, MAX_INPUT_BYTES));
    Atomics.add(this.#words, 0, 1);
  }

  /** Grows with each case. */
  get ticks(): number {
    return Atomics.load(this.#words, 0);
  }

  now(): { readonly target: number; readonly at: number; readonly input: Uint8Array } {
    const [, target = 0, at = 0, length = 0] = this.#words;
    return { target, at, input: Uint8Array.from(this.#bytes.subarray(0, length)) };
  }
}
