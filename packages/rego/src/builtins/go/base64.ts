/** encoding/base64 with padding: what Go refuses, and where. */
import { bytesOf, stringOf } from './text.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const STANDARD = `${ALPHABET}+/`;
const URL_SAFE = `${ALPHABET}-_`;
const PADDING = 0x3d;
const MISSING = 255;

export class Base64Error extends Error {
  override readonly name = 'Base64Error';

  constructor(at: number) {
    super(`illegal base64 data at input byte ${at}`);
  }
}

type Variant = 'standard' | 'url';

const VALUES = { standard: valuesOf(STANDARD), url: valuesOf(URL_SAFE) };

function valuesOf(alphabet: string): Uint8Array {
  const values = new Uint8Array(256).fill(MISSING);
  for (let value = 0; value < alphabet.length; value++) values[alphabet.charCodeAt(value)] = value;
  return values;
}

export function encodeBase64(bytes: Uint8Array, variant: Variant, padded = true): string {
  const alphabet = variant === 'standard' ? STANDARD : URL_SAFE;
  const digits = Math.ceil((bytes.length * 4) / 3);
  const text = new Uint8Array(padded ? Math.ceil(bytes.length / 3) * 4 : digits).fill(PADDING, digits);
  for (let at = 0, to = 0; to < digits; at += 3) {
    const bits = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let shift = 18; shift >= 0 && to < digits; shift -= 6) {
      text[to++] = alphabet.charCodeAt((bits >> shift) & 63);
    }
  }
  return stringOf(text);
}

/** Line breaks count for nothing; padding must be there, and end the text. */
export function decodeBase64(text: string, variant: Variant): Uint8Array {
  const input = bytesOf(text);
  const values = VALUES[variant];
  const output = new Uint8Array(Math.ceil((input.length * 3) / 4));
  let written = 0;
  let bits = 0;
  let digits = 0;
  for (let at = 0; at < input.length; at++) {
    const byte = input[at] ?? 0;
    if (isLineBreak(byte)) continue;
    if (byte === PADDING) {
      checkPadding(input, at, digits);
      if (digits === 2) output[written++] = bits >> 4;
      else {
        output[written++] = bits >> 10;
        output[written++] = (bits >> 2) & 255;
      }
      return output.subarray(0, written);
    }
    const value = values[byte] ?? MISSING;
    if (value === MISSING) throw new Base64Error(at);
    bits = (bits << 6) | value;
    if (++digits < 4) continue;
    output[written++] = bits >> 16;
    output[written++] = (bits >> 8) & 255;
    output[written++] = bits & 255;
    bits = 0;
    digits = 0;
  }
  if (digits > 0) throw new Base64Error(input.length - digits);
  return output.subarray(0, written);
}

function isLineBreak(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

function checkPadding(input: Uint8Array, at: number, digits: number): void {
  if (digits < 2) throw new Base64Error(at);
  let next = skipLineBreaks(input, at + 1);
  if (digits === 2) {
    if (next === input.length) throw new Base64Error(input.length);
    if (input[next] !== PADDING) throw new Base64Error(next - 1);
    next = skipLineBreaks(input, next + 1);
  }
  if (next < input.length) throw new Base64Error(next);
}

function skipLineBreaks(input: Uint8Array, from: number): number {
  let at = from;
  while (at < input.length && isLineBreak(input[at] ?? 0)) at++;
  return at;
}
