/** fmt.Sprintf for the four kinds of argument that OPA hands to it. */
import { formatFloat } from './float-text.ts';
import { quotedText } from '../../values/text.ts';
import { byteLength, bytesOf, quoteAscii, quoteRune, runeCount } from './text.ts';

/** A float keeps its kind even when it is whole: `1.0` is no integer to a verb. */
export type Argument = string | bigint | { readonly float: number };

/** Beyond this Go takes a width or precision for a mistake; of a written one it looks at all but the last digit. */
const MAX_FIELD = 1_000_000;
const INT64_MIN = -(1n << 63n);
const INT64_MAX = (1n << 63n) - 1n;

interface Flags {
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

function noFlags(): Flags {
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

/** `spend` hears of each part's length before the parts become one text. */
export function sprintf(
  format: string,
  args: readonly Argument[],
  spend: (characters: number) => void = () => undefined,
): string {
  return new Printer(format, args, spend).print();
}

class Printer {
  readonly #format: string;
  readonly #args: readonly Argument[];
  #at = 0;
  #arg = 0;
  #afterIndex = false;
  #goodIndex = true;
  #reordered = false;
  readonly #parts: string[] = [];
  readonly #spend: (characters: number) => void;

  constructor(format: string, args: readonly Argument[], spend: (characters: number) => void) {
    this.#format = format;
    this.#args = args;
    this.#spend = spend;
  }

  print(): string {
    const end = this.#format.length;
    while (this.#at < end) {
      const percent = this.#format.indexOf('%', this.#at);
      this.#parts.push(this.#format.slice(this.#at, percent < 0 ? end : percent));
      if (percent < 0) break;
      this.#at = percent + 1;
      this.#verb();
    }
    if (!this.#reordered && this.#arg < this.#args.length) this.#parts.push(this.#extra());
    return this.#parts.join('');
  }

  #extra(): string {
    const rest = this.#args.slice(this.#arg);
    return `%!(EXTRA ${rest.map((arg) => `${typeName(arg)}=${printArgument(arg, 'v', noFlags())}`).join(', ')})`;
  }

  #verb(): void {
    this.#goodIndex = true;
    this.#afterIndex = false;
    const flags = noFlags();
    this.#flags(flags);
    this.#argumentIndex();
    this.#width(flags);
    this.#precision(flags);
    if (!this.#afterIndex) this.#argumentIndex();
    const code = this.#format.codePointAt(this.#at);
    if (code === undefined) {
      this.#parts.push('%!(NOVERB)');
      return;
    }
    const verb = String.fromCodePoint(code);
    this.#at += verb.length;
    const text = this.#converted(verb, flags);
    this.#spend(text.length);
    this.#parts.push(text);
  }

  #converted(verb: string, flags: Flags): string {
    if (verb === '%') return '%';
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`;
    const arg = this.#args[this.#arg];
    if (arg === undefined) return `%!${verb}(MISSING)`;
    this.#arg++;
    if (verb === 'v' || verb === 'w') {
      flags.sharpV = flags.sharp;
      flags.sharp = false;
      flags.plus = false;
    }
    return printArgument(arg, verb, flags);
  }

  #flags(flags: Flags): void {
    for (; this.#at < this.#format.length; this.#at++) {
      switch (this.#format[this.#at]) {
        case '#':
          flags.sharp = true;
          break;
        case '0':
          flags.zero = true;
          break;
        case '+':
          flags.plus = true;
          break;
        case '-':
          flags.minus = true;
          break;
        case ' ':
          flags.space = true;
          break;
        default:
          return;
      }
    }
  }

  #width(flags: Flags): void {
    if (this.#format[this.#at] !== '*') {
      flags.width = this.#number();
      if (this.#afterIndex && flags.width !== undefined) this.#goodIndex = false;
      return;
    }
    this.#at++;
    flags.width = this.#numberFromArgument();
    if (flags.width === undefined) this.#parts.push('%!(BADWIDTH)');
    if (flags.width !== undefined && flags.width < 0) {
      flags.width = -flags.width;
      flags.minus = true;
      flags.zero = false;
    }
    this.#afterIndex = false;
  }

  #precision(flags: Flags): void {
    if (this.#format[this.#at] !== '.' || this.#at + 1 >= this.#format.length) return;
    this.#at++;
    if (this.#afterIndex) this.#goodIndex = false;
    this.#argumentIndex();
    if (this.#format[this.#at] !== '*') {
      flags.precision = this.#number() ?? 0;
      return;
    }
    this.#at++;
    const given = this.#numberFromArgument();
    flags.precision = given === undefined || given < 0 ? undefined : given;
    if (flags.precision === undefined) this.#parts.push('%!(BADPREC)');
    this.#afterIndex = false;
  }

  #number(): number | undefined {
    const digits = /^\d+/.exec(this.#format.slice(this.#at, this.#at + 32))?.[0];
    if (digits === undefined) return undefined;
    if (Number(digits.slice(0, -1)) > MAX_FIELD) {
      this.#at = this.#format.length;
      return undefined;
    }
    this.#at += digits.length;
    return Number(digits);
  }

  #numberFromArgument(): number | undefined {
    const arg = this.#args[this.#arg];
    if (arg === undefined) return undefined;
    this.#arg++;
    return typeof arg === 'bigint' && arg >= -BigInt(MAX_FIELD) && arg <= BigInt(MAX_FIELD)
      ? Number(arg)
      : undefined;
  }

  /** `[3]`: the next argument is the third. */
  #argumentIndex(): void {
    this.#afterIndex = false;
    if (this.#format[this.#at] !== '[') return;
    this.#reordered = true;
    const close = this.#format.indexOf(']', this.#at);
    if (close < 0) {
      this.#goodIndex = false;
      this.#at++;
      return;
    }
    const inside = this.#format.slice(this.#at + 1, close);
    this.#at = close + 1;
    const index = /^\d+$/.test(inside) ? Number(inside) : 0;
    if (index < 1 || index > MAX_FIELD || index > this.#args.length) {
      this.#goodIndex = false;
      this.#afterIndex = index >= 1 && index <= MAX_FIELD;
      return;
    }
    this.#arg = index - 1;
    this.#afterIndex = true;
  }
}

function typeName(arg: Argument): string {
  if (typeof arg === 'string') return 'string';
  if (typeof arg !== 'bigint') return 'float64';
  return isInt64(arg) ? 'int64' : '*big.Int';
}

function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}

function printArgument(arg: Argument, verb: string, flags: Flags): string {
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
  return precision === undefined || text.length <= precision ? text : [...text].slice(0, precision).join('');
}

/** strconv.CanBackquote. */
const BACKQUOTABLE = /^[^\u0000-\u0008\u000a-\u001f\u007f`\ufeff\udc80-\udcff]*$/;

function quoted(text: string, flags: Flags): string {
  const cut = truncated(text, flags);
  return padded(
    flags.sharp && BACKQUOTABLE.test(cut) ? `\`${cut}\`` : flags.plus ? quoteAscii(cut) : quotedText(cut),
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
