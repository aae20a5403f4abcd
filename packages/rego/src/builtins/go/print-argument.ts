/** How fmt.Sprintf prints one argument for one verb. */
import { quotedText } from '../../values/text.ts';
import { formatFloat } from './float-text.ts';
import { byteLength, bytesOf, quoteAscii, quoteRune, runeCount, runesOf } from './text.ts';

/** A float keeps its kind even when it is whole: `1.0` is no integer to a verb. */
export type Argument = string | bigint | { readonly float: number };

const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;

export interface Flags {
  sharp: boolean;
  zero: boolean;
  plus: boolean;
  minus: boolean;
  space: boolean;
  /** `%#v`: Go's syntax of the value. */
  sharpV: boolean;
  width: number | undefined;
  precision: number | undefined;
}

export function noFlags(): Flags {
  return {
    sharp: false,
    zero: false,
    plus: false,
    minus: false,
    space: false,
    sharpV: false,
    width: undefined,
    precision: undefined,
  };
}

export function typeName(arg: Argument): string {
  if (typeof arg === 'string') return 'string';
  if (typeof arg !== 'bigint') return 'float64';
  return isInt64(arg) ? 'int64' : '*big.Int';
}

function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

export function printArgument(arg: Argument, verb: string, flags: Flags): string {
  if (verb === 'T') return padded(typeName(arg), flags);
  if (verb === 'p') return badVerb(arg, verb, flags);
  if (typeof arg === 'string') return printString(arg, verb, flags);
  if (typeof arg !== 'bigint') return printFloat(arg.float, verb, flags);
  return isInt64(arg) ? printInteger(arg, verb, flags) : printBigInteger(arg, verb, flags);
}

function badVerb(arg: Argument, verb: string, flags: Flags): string {
  return `%!${verb}(${typeName(arg)}=${printArgument(arg, 'v', flags)})`;
}

function printString(text: string, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      return flags.sharpV ? quoted(text, flags) : padded(truncated(text, flags), flags);
    case 's':
      return padded(truncated(text, flags), flags);
    case 'q':
      return quoted(text, flags);
    case 'x':
    case 'X':
      return hexString(text, verb, flags);
    default:
      return badVerb(text, verb, flags);
  }
}

function truncated(text: string, { precision }: Flags): string {
  return precision === undefined || text.length <= precision
    ? text
    : runesOf(text).slice(0, precision).join('');
}

/** strconv.CanBackquote: no control character but the tab, no backquote, no byte order mark, valid UTF-8. */
const NO_BACKQUOTE = /[`\ufeff\udc80-\udcff]|(?!\t)\p{Cc}/u;

function quoted(text: string, flags: Flags): string {
  const cut = truncated(text, flags);
  return padded(
    flags.sharp && !NO_BACKQUOTE.test(cut) ? `\`${cut}\`` : flags.plus ? quoteAscii(cut) : quotedText(cut),
    flags,
  );
}

function hexString(text: string, verb: 'x' | 'X', flags: Flags): string {
  const bytes = bytesOf(text).subarray(0, flags.precision ?? byteLength(text));
  const prefix = flags.sharp ? '0x' : '';
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const body = flags.space
    ? pairs.map((pair) => prefix + pair).join(' ')
    : pairs.length === 0
      ? ''
      : prefix + pairs.join('');
  return padded(verb === 'X' ? body.toUpperCase() : body, flags);
}

const RADIX: Readonly<Record<string, number>> = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 };

function printInteger(value: bigint, verb: string, flags: Flags): string {
  const radix = RADIX[verb];
  if (radix !== undefined) return integerText(value, verb, radix, flags);
  switch (verb) {
    case 'c':
      return padded(runeOf(value), flags);
    case 'q':
      return padded(quoteRune(runeOf(value), flags.plus), flags);
    case 'U':
      return unicodeText(value, flags);
    default:
      return badVerb(value, verb, flags);
  }
}

function integerText(value: bigint, verb: string, radix: number, flags: Flags): string {
  const size = value < 0n ? -value : value;
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  if (flags.precision === 0 && size === 0n) return ' '.repeat(flags.width ?? 0);
  let digits = size.toString(radix);
  if (flags.precision !== undefined) digits = digits.padStart(flags.precision, '0');
  else if (flags.zero && !flags.minus) digits = digits.padStart((flags.width ?? 0) - sign.length, '0');
  const body = radixPrefix(verb, digits, flags) + digits;
  const text = sign + (verb === 'X' ? body.toUpperCase() : body);
  return padded(text, { ...flags, zero: false });
}

function radixPrefix(verb: string, digits: string, flags: Flags): string {
  if (verb === 'O') return flags.sharp && !digits.startsWith('0') ? '0o0' : '0o';
  if (!flags.sharp) return '';
  if (verb === 'b') return '0b';
  if (verb === 'o') return digits.startsWith('0') ? '' : '0';
  return verb === 'x' || verb === 'X' ? '0x' : '';
}

/** big.Int formats itself, with rules that differ in small things. */
function printBigInteger(value: bigint, verb: string, flags: Flags): string {
  const radix = verb === 's' ? 10 : RADIX[verb];
  if (radix === undefined) return `%!${verb}(big.Int=${value})`;
  const size = value < 0n ? -value : value;
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const prefix = verb === 'O' ? '0o' : verb === 'o' && flags.sharp ? '0' : radixPrefix(verb, '1', flags);
  let digits = size.toString(radix).padStart(flags.precision ?? 0, '0');
  const missing = (flags.width ?? 0) - sign.length - prefix.length;
  if (!flags.minus && flags.zero && flags.precision === undefined) digits = digits.padStart(missing, '0');
  const text = sign + (verb === 'X' ? (prefix + digits).toUpperCase() : prefix + digits);
  return padded(text, { ...flags, zero: false });
}

function runeOf(value: bigint): string {
  const isScalar = value >= 0n && value <= 0x10ffffn && (value < 0xd800n || value > 0xdfffn);
  return isScalar ? String.fromCodePoint(Number(value)) : '\ufffd';
}

/** U+0041, and with `#` the character behind it. */
function unicodeText(value: bigint, flags: Flags): string {
  const bits = BigInt.asUintN(64, value);
  const digits = bits
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 4, 4), '0');
  const shown = flags.sharp && bits <= 0x10ffffn ? ` ${quoteRune(runeOf(bits))}` : '';
  return padded(`U+${digits}${shown}`, { ...flags, zero: false });
}

function printFloat(value: number, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      return floatText(value, 'g', -1, flags);
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
      return floatText(value, verb, -1, flags);
    case 'e':
    case 'E':
    case 'f':
      return floatText(value, verb, 6, flags);
    case 'F':
      return floatText(value, 'f', 6, flags);
    default:
      return badVerb({ float: value }, verb, flags);
  }
}

type FloatVerb = Parameters<typeof formatFloat>[1];

function floatText(value: number, verb: FloatVerb, standard: number, flags: Flags): string {
  const precision = flags.precision ?? standard;
  const text = formatFloat(value, verb, precision);
  const sign = text.startsWith('-') ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const bare = text.replace(/^[-+]/, '');
  const number = flags.sharp && verb !== 'b' ? withPoint(bare, verb, precision) : bare;
  if (!flags.zero || flags.minus) return padded(sign + number, flags);
  return sign === '' ? padded(number, flags) : sign + number.padStart((flags.width ?? 0) - sign.length, '0');
}

/** `#`: always a point, and for %g the zeros that it would drop. */
function withPoint(text: string, verb: FloatVerb, precision: number): string {
  const isHex = verb === 'x' || verb === 'X';
  const tail = (isHex ? /[pP].*$/ : /[eE].*$/).exec(text)?.[0] ?? '';
  const number = tail === '' ? text : text.slice(0, -tail.length);
  const keepsZeros = verb === 'g' || verb === 'G' || verb === 'x';
  const significant = number.replace(/^[0.]*/, '').replace('.', '').length;
  const wanted = (keepsZeros ? (precision < 0 ? 6 : precision) : 0) - significant;
  const zeros = number === '0' ? wanted - 1 : wanted;
  return `${number}${number.includes('.') ? '' : '.'}${'0'.repeat(Math.max(zeros, 0))}${tail}`;
}

function padded(text: string, flags: Flags): string {
  if (flags.width === undefined) return text;
  const missing = flags.width - runeCount(text);
  if (missing <= 0) return text;
  if (flags.minus) return text + ' '.repeat(missing);
  return (flags.zero ? '0' : ' ').repeat(missing) + text;
}
