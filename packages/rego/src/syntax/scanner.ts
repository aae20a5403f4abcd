import type { Keywords, Token } from './token.ts';

/** Where the scanner reads on, and the token that it read last. Copied to look ahead. */
export interface ScannerState {
  pos: number;
  row: number;
  /** Of the line, less one for each surrogate pair before `pos`: columns count code points. */
  lineStart: number;
  keywords: Keywords;
  token: Token;
  /** Text of words, numbers and strings (with delimiters); whitespace holds a newline or nothing. */
  literal: string;
  offset: number;
  end: number;
  tokenRow: number;
  tokenCol: number;
}

/** How the scanner reads: code, or the next part of a template string after `}`. */
export type ScanMode = 'code' | 'template-string' | 'raw-template-string';

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const BACKTICK = 0x60;
const BRACE = 0x7b;
const BOM = 0xfeff;

const ESCAPES = new Set(Array.from('\\"/bfnrt', (c) => c.charCodeAt(0)));
const SINGLE = new Map<string, Token>(
  Object.entries({
    '[': '[',
    ']': ']',
    '{': '{',
    '}': '}',
    '(': '(',
    ')': ')',
    ',': ',',
    ':': ':',
    '.': '.',
    ';': ';',
    '+': 'plus',
    '-': 'minus',
    '*': 'mul',
    '/': 'div',
    '%': 'rem',
    '&': 'and',
    '|': 'or',
    '=': 'eq',
    '>': 'gt',
    '<': 'lt',
  } satisfies Record<string, Token>),
);
/** Tokens of two characters, by their first; the second is `=`. */
const WITH_EQUALS = new Map<string, Token>(
  Object.entries({ ':': 'assign', '=': 'equal', '>': 'gte', '<': 'lte', '!': 'neq' } satisfies Record<
    string,
    Token
  >),
);

/** Reads tokens of Rego out of a text. */
export class Scanner {
  readonly text: string;
  #errors: string[] = [];

  constructor(text: string) {
    this.text = text;
  }

  /** The state before the first token; a byte-order mark at the start is skipped. */
  start(keywords: Keywords): ScannerState {
    const pos = this.text.charCodeAt(0) === BOM ? 1 : 0;
    if (this.text.length > pos) this.#judge(pos);
    const token = { token: 'illegal' as const, literal: '', offset: 0, end: 0, tokenRow: 1, tokenCol: 0 };
    return { pos, row: 1, lineStart: 0, keywords, ...token };
  }

  /** Reads one token into the state and returns what is wrong with it. */
  scan(s: ScannerState, mode: ScanMode = 'code'): readonly string[] {
    s.offset = s.pos;
    s.tokenRow = s.row;
    s.tokenCol = s.pos - s.lineStart + (s.pos < this.text.length ? 1 : 0);
    s.literal = '';
    s.token = mode === 'code' ? this.#code(s) : this.#templateString(s, mode, s.pos - 1);
    if (s.pos < this.text.length && this.text.charCodeAt(s.pos) !== NEWLINE) this.#judge(s.pos);
    s.end = s.pos;
    if (this.#errors.length === 0) return NO_ERRORS;
    if (s.token === 'whitespace') this.#placeAtLastSpace(s);
    const errors = this.#errors;
    this.#errors = [];
    return errors;
  }

  #code(s: ScannerState): Token {
    const { text } = this;
    const c = text.charCodeAt(s.pos);
    if (isLetter(c)) return this.#word(s);
    if (isSpace(c)) return this.#whitespace(s);
    if (isDecimal(c)) return this.#number(s);
    if (Number.isNaN(c)) return 'eof';
    this.#advance(s);
    const first = text.charAt(s.offset);
    if (first === '"') return this.#string(s);
    if (first === '`') return this.#rawString(s);
    if (first === '#') return this.#comment(s);
    if (text.charAt(s.pos) === '=') {
      const double = WITH_EQUALS.get(first);
      if (double !== undefined) {
        s.pos++;
        return double;
      }
    }
    return SINGLE.get(first) ?? this.#rare(s, first);
  }

  #rare(s: ScannerState, first: string): Token {
    if (first === '!') this.#errors.push('illegal ! character');
    if (first === '\u00a0')
      this.#errors.push('illegal non-breaking space character, use a regular space instead');
    if (first !== '$') return 'illegal';
    const quote = this.text.charCodeAt(s.pos);
    if (quote !== QUOTE && quote !== BACKTICK) {
      this.#errors.push('illegal $ character');
      return 'illegal';
    }
    s.pos++;
    return this.#templateString(s, quote === QUOTE ? 'template-string' : 'raw-template-string', s.pos - 1);
  }

  #whitespace(s: ScannerState): Token {
    const { text } = this;
    if (text.charCodeAt(s.pos) === NEWLINE) {
      // OPA counts a newline as column 0 of the next line.
      s.tokenRow++;
      s.tokenCol = 0;
    }
    for (let c = text.charCodeAt(s.pos); isSpace(c); c = text.charCodeAt(s.pos)) {
      s.pos++;
      if (c !== NEWLINE) continue;
      s.row++;
      s.lineStart = s.pos;
      s.literal = '\n';
    }
    return 'whitespace';
  }

  #word(s: ScannerState): Token {
    const { text } = this;
    let pos = s.pos + 1;
    let c = text.charCodeAt(pos);
    while (isLetter(c) || isDecimal(c)) c = text.charCodeAt(++pos);
    s.pos = pos;
    if (c >= 0x80) this.#moreOfWord(s);
    s.literal = text.slice(s.offset, s.pos);
    return s.keywords.get(s.literal) ?? 'identifier';
  }

  /** Letters and digits; digits of all scripts count. */
  #moreOfWord(s: ScannerState): void {
    const { text } = this;
    for (let c = text.codePointAt(s.pos); c !== undefined; c = text.codePointAt(s.pos)) {
      if (!isLetter(c) && !isDecimal(c) && !(c >= 0x80 && /\p{Nd}/u.test(String.fromCodePoint(c)))) return;
      this.#advance(s);
    }
  }

  #number(s: ScannerState): Token {
    const { text } = this;
    this.#digits(s);
    if (text.charAt(s.pos) === '.') {
      s.pos++;
      if (!this.#digits(s)) this.#errors.push('expected fraction');
    }
    if ((text.charCodeAt(s.pos) | SPACE) === 0x65) {
      s.pos++;
      const sign = text.charAt(s.pos);
      if (sign === '+' || sign === '-') s.pos++;
      if (!this.#digits(s)) this.#errors.push('expected exponent');
    }
    // `0a2b` is one bad number rather than a number and a name.
    if (isLetter(text.charCodeAt(s.pos))) {
      this.#errors.push('illegal number format');
      this.#moreOfWord(s);
    }
    s.literal = text.slice(s.offset, s.pos);
    return 'number';
  }

  #digits(s: ScannerState): boolean {
    const from = s.pos;
    while (isDecimal(this.text.charCodeAt(s.pos))) s.pos++;
    return s.pos > from;
  }

  #string(s: ScannerState): Token {
    const { text } = this;
    for (;;) {
      const c = text.charCodeAt(s.pos);
      if (c === NEWLINE || Number.isNaN(c)) {
        this.#errors.push('non-terminated string');
        break;
      }
      this.#inside(s, c);
      if (c === QUOTE) break;
      if (c === BACKSLASH) this.#escape(s);
    }
    s.literal = text.slice(s.offset, s.pos);
    return 'string';
  }

  #rawString(s: ScannerState): Token {
    const { text } = this;
    for (;;) {
      const c = text.charCodeAt(s.pos);
      if (Number.isNaN(c)) {
        this.#errors.push('non-terminated string');
        break;
      }
      this.#inside(s, c);
      if (c === BACKTICK) break;
    }
    s.literal = text.slice(s.offset, s.pos);
    return 'string';
  }

  /** One part of a template string, up to `{` or the end; escaped braces lose their backslash. */
  #templateString(s: ScannerState, mode: 'template-string' | 'raw-template-string', start: number): Token {
    const { text } = this;
    const raw = mode === 'raw-template-string';
    let literal = '';
    let from = start;
    let end: 'part' | 'end' = 'part';
    for (;;) {
      const c = text.charCodeAt(s.pos);
      if (Number.isNaN(c) || (c === NEWLINE && !raw)) {
        this.#errors.push('non-terminated string');
        break;
      }
      this.#inside(s, c);
      if (c === BRACE) break;
      if (c === (raw ? BACKTICK : QUOTE)) {
        end = 'end';
        break;
      }
      if (c !== BACKSLASH) continue;
      if (text.charCodeAt(s.pos) === BRACE) {
        literal += text.slice(from, s.pos - 1);
        from = s.pos++;
      } else if (!raw) this.#escape(s);
    }
    s.literal = literal + text.slice(from, s.pos);
    return `${mode}-${end}`;
  }

  #escape(s: ScannerState): void {
    const c = this.text.charCodeAt(s.pos);
    if (ESCAPES.has(c)) s.pos++;
    else if (c === 0x75) for (let i = 0; i < 4; i++) this.#advance(s);
    else this.#errors.push('illegal escape sequence');
  }

  #comment(s: ScannerState): Token {
    const { text } = this;
    for (let c = text.charCodeAt(s.pos); c !== NEWLINE && !Number.isNaN(c); c = text.charCodeAt(s.pos)) {
      this.#inside(s, c);
    }
    s.literal = text.slice(s.offset + 1, s.pos);
    return 'comment';
  }

  /** Steps over a character within a token, of which it may be a bad one. */
  #inside(s: ScannerState, c: number): void {
    if (c < 0x80 && c !== NEWLINE && c !== 0) {
      s.pos++;
      return;
    }
    this.#judge(s.pos);
    this.#advance(s);
  }

  #advance(s: ScannerState): void {
    const c = this.text.codePointAt(s.pos);
    if (c === undefined) return;
    s.pos++;
    if (c > 0xffff) {
      s.pos++;
      s.lineStart++;
    } else if (c === NEWLINE) {
      s.row++;
      s.lineStart = s.pos;
    }
  }

  #judge(pos: number): void {
    const unit = this.text.charCodeAt(pos);
    if (unit > 0 && unit < 0x80) return;
    const c = this.text.codePointAt(pos);
    if (c === 0) this.#errors.push('illegal null character');
    else if (c === BOM) this.#errors.push('illegal byte-order mark');
    else if (c !== undefined && c >= 0xd800 && c <= 0xdfff) this.#errors.push('illegal utf-8 character');
  }

  /** OPA reads whitespace one by one and blames the last for what follows it. */
  #placeAtLastSpace(s: ScannerState): void {
    s.tokenRow = s.row;
    s.tokenCol = s.pos - s.lineStart;
    s.offset = s.pos - 1;
  }
}

const NO_ERRORS: readonly string[] = [];

function isLetter(c: number): boolean {
  const lower = c | SPACE;
  return (lower >= 0x61 && lower <= 0x7a && c < 0x80) || c === 0x5f;
}

function isDecimal(c: number): boolean {
  return c >= ZERO && c <= NINE;
}

function isSpace(c: number): boolean {
  return c === SPACE || c === NEWLINE || c === TAB || c === RETURN;
}
