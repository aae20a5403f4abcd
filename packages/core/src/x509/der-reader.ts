import { CodedError } from '../errors.ts';

/** Identifier octets of the types that certificates and timestamps use (ITU-T X.690 §8.1.2). */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Identifier octet of a context-specific tag: `contextTag(0)` is [0] primitive. */
export function contextTag(number: number, form: 'primitive' | 'constructed' = 'primitive'): number {
  return 0x80 | (form === 'constructed' ? 0x20 : 0) | number;
}

export interface DerValue {
  /** The identifier octet. */
  readonly tag: number;
  /** The content octets. */
  readonly value: Uint8Array;
  /** Identifier, length and content. */
  readonly encoded: Uint8Array;
}

/**
 * Forward reader over the DER values in `bytes` (ITU-T X.690 §10, §11): low tag numbers, definite minimal
 * lengths, nothing behind the end. Depth is bounded because every level is opened by the caller by name.
 * Throws `x509_der` only.
 */
export class DerReader {
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

  /** The identifier octet of the next value; undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** The next value, of the type `tag` if that is given. */
  read(tag?: number): DerValue {
    const start = this.#at;
    const found = this.#bytes[start];
    if (found === undefined) throw this.fault('ends too early');
    if (tag !== undefined && found !== tag) {
      throw this.fault(`expected tag 0x${tag.toString(16)}, found 0x${found.toString(16)}`);
    }
    if ((found & 0x1f) === 0x1f) throw this.fault('tags above 30 are not used here');
    const { length, size } = this.#length(start + 1);
    const from = start + 1 + size;
    if (length > this.#bytes.length - from) throw this.fault('a length goes past the end');
    this.#at = from + length;
    return {
      tag: found,
      value: this.#bytes.subarray(from, this.#at),
      encoded: this.#bytes.subarray(start, this.#at),
    };
  }

  /** The next value when it has this tag, else undefined and nothing is consumed. */
  optional(tag: number): DerValue | undefined {
    return this.peek() === tag ? this.read(tag) : undefined;
  }

  /** A reader over the content of the next value. */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag).value, this.#what);
  }

  optionalEnter(tag: number): DerReader | undefined {
    return this.peek() === tag ? this.enter(tag) : undefined;
  }

  sequence(): DerReader {
    return this.enter(DER.sequence);
  }

  /** All values up to the end, at most `limit` of them. */
  rest(limit: number): readonly DerValue[] {
    const values: DerValue[] = [];
    while (!this.atEnd) {
      if (values.length >= limit) throw this.fault(`more than ${limit} values in one list`);
      values.push(this.read());
    }
    return values;
  }

  oid(): string {
    return decodeOid(this.read(DER.oid).value, this.#what);
  }

  /** Content octets of an INTEGER in two's complement, minimal. */
  integer(): Uint8Array {
    return minimalInteger(this.read(DER.integer).value, this.#what);
  }

  /** A non-negative INTEGER below 2^31. */
  smallInteger(): number {
    const octets = this.integer();
    if (octets.length > 4 || (octets[0] ?? 0) >= 0x80)
      throw this.fault('expected a small non-negative integer');
    return octets.reduce((sum, octet) => sum * 256 + octet, 0);
  }

  boolean(): boolean {
    const { value } = this.read(DER.boolean);
    if (value.length !== 1 || (value[0] !== 0 && value[0] !== 0xff)) throw this.fault('malformed BOOLEAN');
    return value[0] === 0xff;
  }

  octetString(): Uint8Array {
    return this.read(DER.octetString).value;
  }

  /** A BIT STRING of whole octets (keys, signatures). */
  bitString(): Uint8Array {
    const { value } = this.read(DER.bitString);
    if (value[0] !== 0) throw this.fault('expected a BIT STRING of whole octets');
    return value.subarray(1);
  }

  /** A BIT STRING as the numbers of the bits that are set (bit 0 = most significant). */
  namedBits(): ReadonlySet<number> {
    const { value } = this.read(DER.bitString);
    const unused = value[0] ?? 8;
    const last = value.at(-1) ?? 0;
    const misplaced = value.length === 1 ? unused !== 0 : (last & ((1 << unused) - 1)) !== 0;
    if (unused > 7 || misplaced) throw this.fault('malformed BIT STRING');
    const set = new Set<number>();
    for (let bit = 0; bit < (value.length - 1) * 8; bit++) {
      if (((value[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0) set.add(bit);
    }
    return set;
  }

  /** UTCTime or GeneralizedTime in UTC (RFC 5280 §4.1.2.5); fractions of a second in GeneralizedTime only. */
  time(): Date {
    const { tag, value } = this.read();
    if (tag !== DER.utcTime && tag !== DER.generalizedTime) throw this.fault('expected a time');
    return decodeTime(tag, value, this.#what);
  }

  /** Refuses anything that is left. */
  end(): void {
    if (!this.atEnd) throw this.fault('has extra data at the end');
  }

  fault(problem: string): CodedError<'x509_der'> {
    return derFault(this.#what, problem);
  }

  #length(at: number): { length: number; size: number } {
    const first = this.#bytes[at];
    if (first === undefined) throw this.fault('ends too early');
    if (first < 0x80) return { length: first, size: 1 };
    const count = first & 0x7f;
    if (count === 0) throw this.fault('has an indefinite length (BER); DER is required');
    if (count > 4) throw this.fault('a length goes past the end');
    if (at + 1 + count > this.#bytes.length) throw this.fault('ends too early');
    let length = 0;
    for (let i = 1; i <= count; i++) length = length * 256 + (this.#bytes[at + i] ?? 0);
    if (length < 0x80 || length < 256 ** (count - 1)) throw this.fault('has a length that is not minimal');
    return { length, size: 1 + count };
  }
}

/** A reader over the content of the one value that `bytes` consist of. */
export function enterDer(bytes: Uint8Array, tag: number, what: string): DerReader {
  const outer = new DerReader(bytes, what);
  const inner = outer.enter(tag);
  outer.end();
  return inner;
}

export function derFault(what: string, problem: string): CodedError<'x509_der'> {
  return new CodedError('x509_der', `${what}: not valid DER: ${problem}`);
}

function minimalInteger(value: Uint8Array, what: string): Uint8Array {
  const [first, second] = value;
  if (first === undefined) throw derFault(what, 'an INTEGER is empty');
  const redundant =
    second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (redundant) throw derFault(what, 'an INTEGER is not minimal');
  return value;
}

// X.690 §8.19: base-128 arcs, the first two joined as 40 x + y.
function decodeOid(value: Uint8Array, what: string): string {
  if (value.length === 0 || value.length > 64 || (value.at(-1) ?? 0x80) >= 0x80) {
    throw derFault(what, 'an OBJECT IDENTIFIER is malformed');
  }
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const octet of value) {
    if (fresh && octet === 0x80) throw derFault(what, 'an OBJECT IDENTIFIER is not minimal');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    fresh = octet < 0x80;
    if (!fresh) continue;
    arcs.push(arc);
    arc = 0n;
  }
  const first = arcs[0] ?? 0n;
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n;
  return [root, first - 40n * root, ...arcs.slice(1)].join('.');
}

function decodeTime(tag: number, value: Uint8Array, what: string): Date {
  const text = Buffer.from(value).toString('latin1');
  const form =
    tag === DER.utcTime
      ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
      : /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d*[1-9]))?Z$/;
  const parts = form.exec(text);
  if (!parts) throw derFault(what, 'a time is not in the form YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ');
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // RFC 5280 §4.1.2.5.1: two-digit years from 50 are of the 20th century.
  const fullYear = tag === DER.utcTime ? year + (year >= 50 ? 1900 : 2000) : year;
  const milliseconds = Math.floor(Number(`0.${parts[7] ?? '0'}`) * 1000);
  const time = new Date(0);
  time.setUTCFullYear(fullYear, month - 1, day);
  time.setUTCHours(hour, minute, second, milliseconds);
  const real = time.getUTCMonth() === month - 1 && time.getUTCDate() === day && hour < 24 && minute < 60;
  if (!real || second > 59) throw derFault(what, 'a time names a moment that does not exist');
  return time;
}
