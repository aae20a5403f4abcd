/** The tokens of GraphQL, as github.com/vektah/gqlparser reads them. */
import { spendText } from '../../values/meter.ts';
import { quotedText } from '../../values/text.ts';
import { runeCount } from '../go/text.ts';

export type TokenKind =
  | '<Invalid>'
  | '<EOF>'
  | '!'
  | '$'
  | '&'
  | '('
  | ')'
  | '...'
  | ':'
  | '='
  | '@'
  | '['
  | ']'
  | '{'
  | '}'
  | '|'
  | 'Name'
  | 'Int'
  | 'Float'
  | 'String'
  | 'BlockString'
  | 'Comment';

/** Lines and columns count from 1, in code points. */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  readonly position: Position;
  /** Why the token is invalid. */
  readonly problem?: string;
}

export class GraphqlError extends Error {
  override readonly name = 'GraphqlError';
  readonly position: Position | undefined;

  constructor(message: string, position?: Position) {
    super(message);
    this.position = position;
  }
}

export function tokenText({ kind, value }: Token): string {
  return value === '' ? kind : `${kind} ${quotedText(value)}`;
}

const PUNCTUATORS: ReadonlySet<string> = new Set('!$&():=@[]{}|');
const NAME = /[_A-Za-z]\w*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const COMMENT = /#[^\n\r]*/y;
/** What stands for itself in strings, if no control character is in it. */
const PLAIN = /[^"\\\n\r]+/y;
const QUOTES = /"{3,}/y;
// oxlint-disable-next-line no-control-regex -- control characters are what the specification forbids
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;

export class Lexer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  /** As far as the code points of the line are counted. */
  #counted = 0;
  #column = 1;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    this.#skipBlanks();
    const char = this.#text.charAt(this.#at);
    if (char === '') return this.#token('<EOF>', 0);
    if (char === '#') return this.#matched(COMMENT, 'Comment');
    if (this.#text.startsWith('...', this.#at)) return this.#token('...', 3);
    if (PUNCTUATORS.has(char)) return this.#token(char as TokenKind, 1);
    if (/[_A-Za-z]/.test(char)) return this.#matched(NAME, 'Name');
    if (/[-\d]/.test(char)) return this.#number();
    if (this.#text.startsWith('"""', this.#at)) return this.#blockString();
    if (char === '"') return this.#string();
    return this.#invalid(unexpected(char));
  }

  #skipBlanks(): void {
    for (;;) {
      const char = this.#text.charAt(this.#at);
      if (char === '\n' || char === '\r') this.#newLine();
      else if (char === ' ' || char === '\t' || char === ',' || char === '\ufeff') this.#at++;
      else return;
    }
  }

  #newLine(): void {
    this.#at += this.#text.startsWith('\r\n', this.#at) ? 2 : 1;
    this.#line++;
    this.#counted = this.#at;
    this.#column = 1;
  }

  #position(offset: number): Position {
    this.#column += runeCount(this.#text.slice(this.#counted, offset));
    this.#counted = offset;
    return { offset, line: this.#line, column: this.#column };
  }

  #token(kind: TokenKind, length: number): Token {
    const position = this.#position(this.#at);
    this.#at += length;
    return { kind, value: '', position };
  }

  #matched(shape: RegExp, kind: TokenKind): Token {
    const value = this.#read(shape);
    const position = this.#position(this.#at);
    this.#at += value.length;
    return { kind, value, position };
  }

  #invalid(problem: string): Token {
    return { kind: '<Invalid>', value: '', position: this.#position(this.#at), problem };
  }

  #number(): Token {
    const value = this.#read(NUMBER);
    const next = this.#text.charAt(this.#at + value.length);
    if (/^-?0$/.test(value) && /\d/.test(next)) {
      return this.#badNumber(value, `Invalid number, unexpected digit after 0: "${next}".`);
    }
    if (value === '' || next === '.' || next === 'e' || next === 'E') {
      return this.#badNumber(value, `Invalid number, expected digit but got: ${described(next)}.`);
    }
    return this.#matched(NUMBER, /[.eE]/.test(value) ? 'Float' : 'Int');
  }

  #badNumber(value: string, problem: string): Token {
    this.#at += value.length;
    return this.#invalid(problem);
  }

  /** Positions of strings point behind the opening quote. */
  #string(): Token {
    this.#at++;
    const position = this.#position(this.#at);
    let value = '';
    for (;;) {
      const char = this.#text.charAt(this.#at);
      if (char === '' || char === '\n' || char === '\r') return this.#invalid('Unterminated string.');
      if (char !== '"' && char !== '\\') {
        const plain = this.#plain();
        if (typeof plain !== 'string') return plain;
        value += plain;
        continue;
      }
      this.#at++;
      if (char === '"') return { kind: 'String', value, position };
      const escape = this.#escape();
      if (escape === undefined) {
        return this.#invalid(`Invalid character escape sequence: \\${this.#text.charAt(this.#at)}.`);
      }
      value += escape;
    }
  }

  /** Up to the next sign that means something, or the token that ends the text. */
  #plain(): string | Token {
    const text = this.#read(PLAIN);
    const bad = text.search(CONTROL);
    if (bad < 0) {
      this.#at += text.length;
      return text;
    }
    this.#at += bad;
    return this.#invalid(badCharacter(text.charAt(bad)));
  }

  /** What has the shape here, which is not passed. */
  #read(shape: RegExp): string {
    shape.lastIndex = this.#at;
    return shape.exec(this.#text)?.[0] ?? '';
  }

  #escape(): string | undefined {
    const char = this.#text.charAt(this.#at);
    const hex = /^u([\da-fA-F]{4})/.exec(this.#text.slice(this.#at, this.#at + 5))?.[1];
    if (hex !== undefined) {
      this.#at += 5;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const plain = ESCAPES.get(char);
    if (plain !== undefined) this.#at++;
    return plain;
  }

  #blockString(): Token {
    this.#at += 3;
    const position = this.#position(this.#at);
    let raw = '';
    for (;;) {
      const char = this.#text.charAt(this.#at);
      if (char === '') return this.#invalid('Unterminated string.');
      const quotes = char === '"' ? this.#read(QUOTES).length : 0;
      if (quotes > 0) {
        // The last three close the string.
        this.#at += quotes;
        const value = blockStringValue(raw + '"'.repeat(quotes - 3));
        return { kind: 'BlockString', value, position };
      }
      if (this.#text.startsWith('\\"""', this.#at)) {
        raw += '"""';
        this.#at += 4;
      } else if (char === '\n' || char === '\r') {
        raw += '\n';
        this.#newLine();
      } else if (char === '"' || char === '\\') {
        raw += char;
        this.#at++;
      } else {
        const plain = this.#plain();
        if (typeof plain !== 'string') return plain;
        raw += plain;
      }
    }
  }
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['/', '/'],
  ['\\', '\\'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

function described(char: string): string {
  return char === '' ? '<EOF>' : `"${char}"`;
}

function hex4(char: string): string {
  return char.charCodeAt(0).toString(16).padStart(4, '0');
}

function badCharacter(char: string): string {
  return `Invalid character within String: "\\u${hex4(char)}".`;
}

function unexpected(char: string): string {
  if (char < ' ') return `Cannot contain the invalid character "\\u${hex4(char)}"`;
  if (char === "'") {
    return `Unexpected single quote character ('), did you mean to use a double quote (")?`;
  }
  return `Cannot parse the unexpected character "${char}".`;
}

/** BlockStringValue() of the specification. */
function blockStringValue(raw: string): string {
  spendText(raw.length);
  const lines = raw.split('\n');
  const indents = lines.map((line) => line.search(/[^ \t]/));
  const first = indents.findIndex((indent) => indent >= 0);
  if (first < 0) return '';
  const common = indents.reduce(
    (least, indent) => (indent < 0 ? least : Math.min(least, indent)),
    raw.length,
  );
  return lines
    .map((line, at) => (at === 0 ? line : line.slice(common)))
    .slice(first, indents.findLastIndex((indent) => indent >= 0) + 1)
    .join('\n');
}
