/** strings.ToUpper and strings.ToLower: each code point by itself, into exactly one. */
import { isAscii } from './text.ts';

/** Greek letters with iota below: Unicode's full mapping, which JavaScript has, makes two letters of them. */
const TITLE_CASED: readonly (readonly [first: number, last: number, distance: number])[] = [
  [0x1f80, 0x1f87, 8],
  [0x1f90, 0x1f97, 8],
  [0x1fa0, 0x1fa7, 8],
  [0x1fb3, 0x1fb3, 9],
  [0x1fc3, 0x1fc3, 9],
  [0x1ff3, 0x1ff3, 9],
];

export function toUpper(text: string): string {
  return isAscii(text) ? text.toUpperCase() : Array.from(text, upperOf).join('');
}

export function toLower(text: string): string {
  return isAscii(text) ? text.toLowerCase() : Array.from(text, lowerOf).join('');
}

function upperOf(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const iota = TITLE_CASED.find(([first, last]) => code >= first && code <= last);
  if (iota !== undefined) return String.fromCodePoint(code + iota[2]);
  const upper = char.toUpperCase();
  return isOne(upper) ? upper : char;
}

function lowerOf(char: string): string {
  if (char === '\u0130') return 'i';
  const lower = char.toLowerCase();
  return isOne(lower) ? lower : char;
}

function isOne(text: string): boolean {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) ?? 0) > 0xffff);
}
