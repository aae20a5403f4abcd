/** The tokens of GraphQL, as github.com/vektah/gqlparser reads them. */
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

export class Lexer {
  readonly #text: string;
  #at = 0;
  #line = 1;
  /** Where the line begins, and how many code units of surrogate pairs it has had so far. */
  #lineStart = 0;

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
    this.#lineStart = this.#at;
  }

  #position(offset: number): Position {
    const before = this.#text.slice(this.#lineStart, offset);
    return { offset, line: this.#line, column: runeCount(before) + 1 };
  }

  #token(kind: TokenKind, length: number): Token {
    const position = this.#position(this.#at);
    this.#at += length;
    return { kind, value: '', position };
  }

  #matched(shape: RegExp, kind: TokenKind): Token {
    shape.lastIndex = this.#at;
    const value = shape.exec(this.#text)?.[0] ?? '';
    const position = this.#position(this.#at);
    this.#at += value.length;
    return { kind, value, position };
  }

  #invalid(problem: string): Token {
    return { kind: '<Invalid>', value: '', position: this.#position(this.#at), problem };
  }

  #number(): Token {
    NUMBER.lastIndex = this.#at;
    const value = NUMBER.exec(this.#text)?.[0] ?? '';
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
      if (char < ' ' && char !== '\t') return this.#invalid(badCharacter(char));
      this.#at++;
      if (char === '"') return { kind: 'String', value, position };
      if (char !== '\\') {
        value += char;
        continue;
      }
      const escape = this.#escape();
      if (escape === undefined) {
        return this.#invalid(`Invalid character escape sequence: \\${this.#text.charAt(this.#at)}.`);
      }
      value += escape;
    }
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
      const quotes = /^"{3,}/.exec(this.#text.slice(this.#at, this.#at + 1000))?.[0].length ?? 0;
      if (quotes > 0) {
        // The last three close the string.
        this.#at += quotes;
        const value = blockStringValue(raw + '"'.repeat(quotes - 3));
        return { kind: 'BlockString', value, position };
      }
      if (char < ' ' && !'\t\n\r'.includes(char)) return this.#invalid(badCharacter(char));
      if (this.#text.startsWith('\\"""', this.#at)) {
        raw += '"""';
        this.#at += 4;
      } else if (char === '\n' || char === '\r') {
        raw += '\n';
        this.#newLine();
      } else {
        raw += char;
        this.#at++;
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
  const lines = raw.split('\n');
  const indents = lines
    .filter((line) => /[^ \t]/.test(line))
    .map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const common = indents.length === 0 ? 0 : Math.min(...indents);
  const kept = lines.map((line, index) => (index === 0 ? line : line.slice(common)));
  const isBlank = (line: string | undefined): boolean => line !== undefined && !/[^ \t]/.test(line);
  while (isBlank(kept[0])) kept.shift();
  while (isBlank(kept.at(-1))) kept.pop();
  return kept.join('\n');
}
