/** fmt.Sprintf for the four kinds of argument that OPA hands to it. */
import { type Argument, type Flags, noFlags, printArgument, typeName } from './print-argument.ts';

/** Beyond this Go takes a width or precision for a mistake; of a written one it looks at all but the last digit. */
const MAX_FIELD = 1_000_000;
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
