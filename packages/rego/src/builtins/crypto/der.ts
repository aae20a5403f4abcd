/** A strict reader of DER, X.690, as far as keys and certificates go. */
import { bytesOfInteger, integerOfBytes } from './cryptography.ts';

export class DerError extends Error {
  override readonly name = 'DerError';
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
} as const;

export interface DerElement {
  readonly tag: number;
  readonly contents: Uint8Array;
  /** Tag and length included. */
  readonly raw: Uint8Array;
}

/** Reads elements one behind another. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Inside an element of this tag that is the only one. */
  static of(bytes: Uint8Array, tag: number = TAG.sequence): DerReader {
    const reader = new DerReader(bytes);
    const inside = reader.enter(tag);
    if (!reader.isAtEnd) throw new DerError('trailing data');
    return inside;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  peekTag(): number | undefined {
    return this.#bytes[this.#at];
  }

  next(): DerElement {
    const start = this.#at;
    const tag = this.#byte();
    if ((tag & 0x1f) === 0x1f) throw new DerError('tags of more than one byte are not expected');
    const length = this.#length();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new DerError('the element is cut off');
    const contents = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return { tag, contents, raw: this.#bytes.subarray(start, end) };
  }

  expect(tag: number): DerElement {
    const element = this.next();
    if (element.tag !== tag) throw new DerError(`expected tag ${tag}, found ${element.tag}`);
    return element;
  }

  enter(tag: number = TAG.sequence): DerReader {
    return new DerReader(this.expect(tag).contents);
  }

  /** The element, if it is the next one. */
  optional(tag: number): DerElement | undefined {
    return this.peekTag() === tag ? this.next() : undefined;
  }

  integer(): bigint {
    const { contents } = this.expect(TAG.integer);
    const [first, second] = contents;
    if (first === undefined) throw new DerError('empty integer');
    if ((first === 0 && (second ?? 0xff) < 0x80) || (first === 0xff && (second ?? 0) >= 0x80)) {
      throw new DerError('integer not minimally-encoded');
    }
    const value = integerOfBytes(contents);
    return first < 0x80 ? value : value - (1n << BigInt(contents.length * 8));
  }

  oid(): string {
    return oidText(this.expect(TAG.oid).contents);
  }

  octets(): Uint8Array {
    return this.expect(TAG.octetString).contents;
  }

  /** A bit string of whole bytes. */
  bits(): Uint8Array {
    const { contents } = this.expect(TAG.bitString);
    if (contents[0] !== 0) throw new DerError('a bit string of whole bytes is expected');
    return contents.subarray(1);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new DerError('the element is cut off');
    this.#at++;
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw new DerError('a length of this form is not allowed');
    let length = 0;
    for (let at = 0; at < count; at++) length = length * 256 + this.#byte();
    if (length < 0x80 || bytesOfInteger(BigInt(length)).length !== count) {
      throw new DerError('non-minimal length');
    }
    return length;
  }
}

export function oidText(contents: Uint8Array): string {
  const parts: bigint[] = [];
  let value = 0n;
  let isOpen = false;
  for (const byte of contents) {
    if (!isOpen && byte === 0x80) throw new DerError('object identifier not minimally-encoded');
    value = (value << 7n) | BigInt(byte & 0x7f);
    isOpen = byte >= 0x80;
    if (isOpen) continue;
    if (parts.length === 0) {
      const top = value < 80n ? value / 40n : 2n;
      parts.push(top, value - top * 40n);
    } else parts.push(value);
    value = 0n;
  }
  if (isOpen || parts.length === 0) throw new DerError('the object identifier is cut off');
  return parts.join('.');
}
