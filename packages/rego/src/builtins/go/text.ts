/**
 * Go's strings are bytes, ours UTF-16. A byte that is not part of valid UTF-8 is kept as the lone
 * surrogate U+DC00 + byte, so that `crypto.sha256(base64.decode(x))` sees the bytes that it should.
 * JSON text never brings such a surrogate in, and writing JSON replaces it by U+FFFD, as Go does.
 */
import { quotedText } from '../../values/text.ts';

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LONE = /[\uDC80-\uDCFF]/;

/** The bytes that Go holds for a string. */
export function bytesOf(text: string): Uint8Array {
  if (text.isWellFormed() || !LONE.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(char));
  }
  return Uint8Array.from(bytes);
}

/** The string of bytes, whatever they are. */
export function stringOf(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return stringOfInvalid(bytes);
  }
}

function stringOfInvalid(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) parts.push(String.fromCharCode(0xdc00 + (bytes[at] ?? 0)));
    else parts.push(strictDecoder.decode(bytes.subarray(at, at + length)));
    at += Math.max(length, 1);
  }
  return parts.join('');
}

/** Of the UTF-8 sequence at a place; 0 where there is none. Table 3-7 of the Unicode standard. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  const second = bytes[at + 1] ?? 0;
  if (second < low || second > high) return 0;
  for (let next = at + 2; next < at + length; next++) {
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/** Whether each UTF-16 unit is one byte in Go. */
export function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0x7f) return false;
  }
  return true;
}

/** How many bytes Go counts. */
export function byteLength(text: string): number {
  return isAscii(text) ? text.length : bytesOf(text).length;
}

/** The code points of a string. */
export function runesOf(text: string): string[] {
  return Array.from(text);
}

/** How many code points a string has. */
export function runeCount(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++, count++) {
    const unit = text.charCodeAt(at);
    if (unit < 0xd800 || unit > 0xdbff || at + 1 === text.length) continue;
    const next = text.charCodeAt(at + 1);
    if (next >= 0xdc00 && next <= 0xdfff) at++;
  }
  return count;
}

/** strconv.QuoteToASCII. */
export function quoteAscii(text: string): string {
  return quotedText(text).replaceAll(/\P{ASCII}/gu, (char) => escaped(char.codePointAt(0) ?? 0));
}

/** strconv.QuoteRune, or with `asciiOnly` strconv.QuoteRuneToASCII. */
export function quoteRune(char: string, asciiOnly = false): string {
  if (char === "'") return "'\\''";
  if (char === '"') return `'"'`;
  return `'${(asciiOnly ? quoteAscii(char) : quotedText(char)).slice(1, -1)}'`;
}

function escaped(code: number): string {
  const hex = code.toString(16);
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
