/** Go's text/template: the text, and the tokens between `{{` and `}}`. */

export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

export type Token =
  | { readonly type: 'word' | 'field' | 'variable' | 'symbol'; readonly text: string }
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  /** Tells `a .b`, two operands, from `a.b`. */
  | { readonly type: 'space' };

export type Piece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'action'; readonly tokens: readonly Token[]; readonly line: number };

const COMMENT = /(- )?\/\*[\s\S]*?\*\/(?=( -)?\}\})/y;
const CLOSING = /(?:[ \t\r\n]+-)?\}\}/y;

/** `{{- ` and ` -}}` take the blanks before and behind with them. */
export function scanTemplate(source: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimsNext = false;
  let [line, counted] = [1, 0];
  const pushText = (text: string): void => {
    const kept = trimsNext ? text.replace(/^[ \t\r\n]+/, '') : text;
    if (kept !== '') pieces.push({ type: 'text', text: kept });
  };
  for (let open = source.indexOf('{{'); open >= 0; open = source.indexOf('{{', at)) {
    const trimsBefore = source[open + 2] === '-' && ' \t\r\n'.includes(source[open + 3] ?? '-');
    const text = source.slice(at, open);
    pushText(trimsBefore ? withoutEnd(text) : text);
    line += source.slice(counted, open).split('\n').length - 1;
    counted = open;
    const scanner = new ActionScanner(source, open + 2 + (trimsBefore ? 2 : 0), line);
    const tokens = scanner.scan(matchAt(COMMENT, source, open + 2)?.length);
    if (tokens !== undefined) pieces.push({ type: 'action', tokens, line });
    at = scanner.end;
    trimsNext = scanner.trimsAfter;
  }
  pushText(source.slice(at));
  return pieces;
}

/** An expression with a dollar sign would look at every space. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** The shape is sticky. */
function matchAt(shape: RegExp, text: string, at: number): string | undefined {
  shape.lastIndex = at;
  return shape.exec(text)?.[0];
}

const NUMBER =
  /[-+]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+)/y;
const STRING = /"(?:[^"\\\n]|\\.)*"/y;
const RAW = /`[^`]*`/y;
const CHAR = /'(?:[^'\\\n]|\\.)+'/y;
const WORD = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const FIELD = /\.[\p{L}_][\p{L}\p{Nd}_]*/uy;
const VARIABLE = /\$[\p{L}\p{Nd}_]*/uy;
const SYMBOL = /:=|[=|(),.]/y;
const SPACE = /[ \t\r\n]+/y;

class ActionScanner {
  readonly #source: string;
  readonly #line: number;
  #at: number;
  end = 0;
  trimsAfter = false;

  constructor(source: string, start: number, line: number) {
    this.#source = source;
    this.#at = start;
    this.#line = line;
  }

  /** `undefined` for a comment, whose length is given. */
  scan(commentLength: number | undefined): Token[] | undefined {
    const tokens: Token[] = [];
    if (commentLength !== undefined)
      this.#at += commentLength - (this.#source.slice(this.#at - 2, this.#at) === '- ' ? 2 : 0);
    while (!this.#isClosed()) {
      if (this.#at >= this.#source.length) throw this.#error('unclosed action');
      tokens.push(this.#token());
    }
    return commentLength === undefined ? tokens : undefined;
  }

  #isClosed(): boolean {
    const closing = matchAt(CLOSING, this.#source, this.#at);
    if (closing === undefined) return false;
    this.trimsAfter = closing.length > 2;
    this.end = this.#at + closing.length;
    return true;
  }

  #error(message: string): TemplateError {
    return new TemplateError(`template: template:${this.#line}: ${message}`);
  }

  #take(shape: RegExp): string | undefined {
    const found = matchAt(shape, this.#source, this.#at);
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #token(): Token {
    if (this.#take(SPACE) !== undefined) return { type: 'space' };
    const field = this.#take(FIELD);
    if (field !== undefined) return { type: 'field', text: field.slice(1) };
    const number = this.#take(NUMBER);
    if (number !== undefined) return this.#number(number);
    const variable = this.#take(VARIABLE);
    if (variable !== undefined) return { type: 'variable', text: variable };
    const word = this.#take(WORD);
    if (word !== undefined) return { type: 'word', text: word };
    const raw = this.#take(RAW);
    if (raw !== undefined) return { type: 'string', text: raw.slice(1, -1) };
    const quoted = this.#take(STRING) ?? this.#take(CHAR);
    if (quoted !== undefined) return this.#quoted(quoted);
    const symbol = this.#take(SYMBOL);
    if (symbol !== undefined) return { type: 'symbol', text: symbol };
    throw this.#error(`unexpected ${JSON.stringify(this.#source.charAt(this.#at))} in action`);
  }

  #number(text: string): Token {
    const plain = text.replaceAll('_', '').replace(/^\+/, '');
    if (/^-?(?:0|[1-9]\d*)$/.test(plain)) return { type: 'integer', value: BigInt(plain) };
    if (/^-?0[xXbBoO]/.test(plain)) {
      const size = BigInt(plain.replace('-', ''));
      return { type: 'integer', value: plain.startsWith('-') ? -size : size };
    }
    const value = Number(plain);
    if (Number.isNaN(value)) throw this.#error(`bad number syntax: ${JSON.stringify(text)}`);
    return { type: 'float', value };
  }

  /** A character is its number. */
  #quoted(text: string): Token {
    const inside = unquoted(text.slice(1, -1));
    if (inside === undefined) throw this.#error('invalid syntax in a quoted constant');
    if (text.startsWith('"')) return { type: 'string', text: inside };
    return { type: 'integer', value: BigInt(inside.codePointAt(0) ?? 0) };
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

function unquoted(text: string): string | undefined {
  let isValid = true;
  const plain = text.replaceAll(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g,
    (_whole, x?: string, u?: string, long?: string, short?: string) => {
      if (short === undefined) return String.fromCodePoint(Number.parseInt(x ?? u ?? long ?? '0', 16));
      const found = ESCAPES[short];
      if (found === undefined) isValid = false;
      return found ?? '';
    },
  );
  return isValid ? plain : undefined;
}
