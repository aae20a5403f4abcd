/** One parser of untrusted bytes, as the fuzzer sees it. */
export interface Target {
  /** `package/room function`; `npm run fuzz -- --target` takes any part of it. */
  readonly name: string;
  /** The exported functions that it runs, as `room.function`; those of core must all be in the table. */
  readonly covers?: readonly string[];
  /** Valid inputs, and near misses: what mutations start from. */
  readonly seeds: () => readonly (Uint8Array | string)[] | Promise<readonly (Uint8Array | string)[]>;
  /** Takes any bytes; answers, or throws a CodedError with one of `codes`. */
  readonly call: (input: Uint8Array) => unknown;
  /** What is true of every answer: throws an AssertionError when it is not. */
  readonly check?: (answer: unknown, input: Uint8Array) => void;
  /** The codes of the union that the parser declares. */
  readonly codes: readonly string[];
  /** Of one case, in microseconds, roughly: how the cases of a run are spread. */
  readonly costMicros: number;
}

/**
 * Text as a string of JavaScript can hold it: invalid UTF-8 becomes half a surrogate pair, so that what cannot come
 * from bytes, but from JSON escapes, is tried too.
 */
export function textOf(input: Uint8Array): string {
  return Buffer.from(input).toString('utf8').replaceAll('\ufffd', '\ud800');
}

/** Codes that reading JSON fields throws. */
export const JSON_CODES = [
  'bytes_utf8',
  'json_duplicate_key',
  'json_invalid',
  'json_not_storable',
  'json_too_deep',
  'json_too_large',
  'shape_invalid',
] as const;
