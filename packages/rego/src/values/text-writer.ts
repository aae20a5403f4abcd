/** Long texts, part by part: no longer than they may be, also where a value holds its parts many times. */
import { EvaluationError } from '../evaluate/error.ts';
import { spend } from './meter.ts';

/**
 * The longest string that a built-in takes or makes. A longer one can end the whole process and not the evaluation
 * alone, also in a thread: V8 gives up when `split` or `replace` want an array that its heap cannot hold at once.
 */
export const MAX_TEXT_LENGTH = 2 ** 23;

/** A part costs a pointer until it is joined: as many as this at a time. */
const PARTS = 8192;

export class TextWriter {
  readonly #maxLength: number;
  #parts: string[] = [];
  #chunks: string[] | undefined;
  #length = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  put(part: string): void {
    this.#length += part.length;
    if (this.#length > this.#maxLength) {
      throw new EvaluationError('eval_result_error', `a text of more than ${this.#maxLength} characters`);
    }
    this.#parts.push(part);
    if (this.#parts.length < PARTS) return;
    spend(PARTS);
    this.#chunks ??= [];
    this.#chunks.push(this.#parts.join(''));
    this.#parts = [];
  }

  finish(): string {
    const last = this.#parts.join('');
    return this.#chunks === undefined ? last : this.#chunks.join('') + last;
  }
}
