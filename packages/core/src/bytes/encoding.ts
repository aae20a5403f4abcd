import { CodedError } from '../errors.ts';

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Throws `bytes_utf8` for bytes that are not valid UTF-8. */
export function fromUtf8(bytes: Uint8Array, what = 'text'): string {
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new CodedError('bytes_utf8', `${what}: expected valid UTF-8`, { cause });
  }
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** Throws `bytes_hex`. */
export function fromHex(text: string, what = 'hex'): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw new CodedError('bytes_hex', `${what}: expected an even number of hexadecimal digits`);
  }
  return Buffer.from(text, 'hex');
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

/**
 * Standard or URL-safe base64, padded or not (DSSE protocol.md: a verifier MUST accept both).
 * Anything Buffer would skip over (spaces, other characters, a wrong length) throws `bytes_base64`.
 */
export function fromBase64(text: string, what = 'base64'): Uint8Array {
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw notBase64(what);
  const digits = text.replace(/=+$/, '');
  const padding = text.length - digits.length;
  if (digits.length % 4 === 1 || (padding > 0 && text.length % 4 !== 0)) throw notBase64(what);
  return Buffer.from(digits, 'base64');
}

function notBase64(what: string): CodedError<'bytes_base64'> {
  return new CodedError('bytes_base64', `${what}: expected base64 (standard or URL-safe)`);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
