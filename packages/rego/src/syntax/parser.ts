import type { Body, Comment, Expr, Location, RegoVersion, Term } from './ast.ts';
import type { RegoProblem } from './error.ts';
import { type ScanMode, Scanner, type ScannerState } from './scanner.ts';
import { FUTURE_KEYWORDS, isWord, KEYWORDS, type Keywords, type Token, tokenName } from './token.ts';

/** A list that grows at its head, so that looking ahead and coming back costs nothing. */
interface Linked<T> {
  readonly value: T;
  readonly rest: Linked<T> | undefined;
  readonly size: number;
}

/** All that changes while reading; a copy of it is a place to come back to. */
interface ParserState extends ScannerState {
  /** Where the last token that is no whitespace ended. */
  lastEnd: number;
  /** A newline stands between the last token and this one. */
  skippedNewline: boolean;
  wildcards: number;
  problems: Linked<RegoProblem> | undefined;
  comments: Linked<Comment> | undefined;
  hints: readonly string[];
}

interface CachedTerm {
  readonly offset: number;
  readonly term: Term | undefined;
  readonly after: ParserState;
  readonly rest: CachedTerm | undefined;
}

/** What the smaller parts of the grammar need of those that hold them. */
export interface Grammar {
  /** A term without infix operators. */
  term(p: Parser): Term | undefined;
  /** A term with infix operators, also `k, v in xs` where `keyAndValue`. */
  infix(p: Parser, keyAndValue: boolean): Term | undefined;
  /** One expression of a body. */
  literal(p: Parser): Expr | undefined;
  /** Expressions up to `end`. */
  body(p: Parser, end: Token): Body | undefined;
}

export interface ParserOptions {
  readonly file: string;
  readonly version: RegoVersion;
  readonly grammar: Grammar;
}

export const TOO_DEEP = 'max parsing recursion depth exceeded';
/** Nested terms and bodies; deeper source is refused before the stack ends. */
const MAX_DEPTH = 3500;
/** Tokens read per character of source: an end to sources that make the parser go back again and again. */
const MAX_READS_PER_CHARACTER = 200;
const LEAST_READS = 100_000;

/**
 * What the functions of the grammar share: the current token, one place to report problems, and the way back.
 * They return undefined where they cannot go on, having said why; the grammar is OPA's, which looks ahead where
 * `{` or `[` may open a collection, a comprehension or a body.
 */
export class Parser {
  s: ParserState;
  readonly file: string;
  readonly version: RegoVersion;
  readonly grammar: Grammar;
  /** `not` takes bodies. */
  notBodies: boolean;
  readonly #scanner: Scanner;
  #cache: CachedTerm | undefined;
  #depth = 0;
  #readsLeft: number;

  constructor(source: string, { file, version, grammar }: ParserOptions) {
    this.file = file;
    this.grammar = grammar;
    this.version = version;
    this.notBodies = version === 'v2';
    this.#scanner = new Scanner(source);
    this.#readsLeft = LEAST_READS + source.length * MAX_READS_PER_CHARACTER;
    this.s = {
      ...this.#scanner.start(KEYWORDS[version]),
      lastEnd: 0,
      skippedNewline: false,
      wildcards: 0,
      problems: undefined,
      comments: undefined,
      hints: [],
    };
    this.scan();
  }

  get token(): Token {
    return this.s.token;
  }

  /** True where the current token is `token`. */
  at(token: Token): boolean {
    return this.s.token === token;
  }

  get source(): string {
    return this.#scanner.text;
  }

  get problems(): readonly RegoProblem[] {
    return listed(this.s.problems);
  }

  get failed(): boolean {
    return this.s.problems !== undefined;
  }

  get comments(): readonly Comment[] {
    return listed(this.s.comments);
  }

  get commentCount(): number {
    return this.s.comments?.size ?? 0;
  }

  /** Steps to the next token that is no whitespace. */
  scan(): void {
    this.#scan(true, 'code');
  }

  /** Steps to the next token, whitespace included: it ends a ref. */
  scanTight(): void {
    this.#scan(false, 'code');
  }

  /** Steps over `}` into the next part of a template string. */
  scanTemplate(raw: boolean): void {
    this.#scan(false, raw ? 'raw-template-string' : 'template-string');
  }

  #scan(skipSpace: boolean, mode: ScanMode): void {
    const { s } = this;
    if (s.token !== 'whitespace') {
      s.lastEnd = s.end;
      s.skippedNewline = false;
    }
    for (;;) {
      if (--this.#readsLeft < 0) return this.#giveUp();
      const errors = this.#scanner.scan(s, mode);
      for (const error of errors) this.error(this.here(), error);
      if (errors.length > 0) s.token = 'illegal';
      if (s.token === 'whitespace') {
        if (s.literal !== '') s.skippedNewline = true;
        if (!skipSpace) return;
      } else if (s.token === 'comment') this.#keepComment();
      else return;
    }
  }

  #giveUp(): void {
    if (this.s.problems === undefined) this.error(this.here(), 'source is too ambiguous to be parsed');
    this.s.token = 'eof';
  }

  #keepComment(): void {
    // A carriage return alone stays where it is the only text but one.
    const text = this.s.literal.replace(/^\r$|(?<=.)\r+$/s, '');
    this.s.comments = linked({ text, location: this.here() }, this.s.comments);
  }

  save(): ParserState {
    return { ...this.s };
  }

  restore(state: ParserState): void {
    this.s = { ...state };
  }

  /** The token after the current one, without stepping to it. */
  peek(skipSpace: boolean): Token {
    const state = this.s;
    this.s = { ...state };
    this.#scan(skipSpace, 'code');
    const { token } = this.s;
    this.s = state;
    return token;
  }

  /** What `parse` makes of the source from here with other keywords; nothing of it stays. */
  speculate<T>(keywords: Keywords, parse: () => T): T {
    const state = this.s;
    const cache = this.#cache;
    this.s = { ...state, keywords: new Map([...state.keywords, ...keywords]) };
    this.#cache = undefined;
    const result = parse();
    this.s = state;
    this.#cache = cache;
    return result;
  }

  /** What `parse` makes of the source from here without future keywords; the parser goes on from there. */
  withoutFutureKeywords<T>(parse: () => T): T {
    const { keywords } = this.s;
    this.#cache = undefined;
    this.s.keywords = new Map([...keywords].filter(([word]) => !FUTURE_KEYWORDS.has(word)));
    const result = parse();
    this.s.keywords = keywords;
    this.#cache = undefined;
    return result;
  }

  addKeywords(keywords: Iterable<readonly [string, Token]>): void {
    const all = new Map([...this.s.keywords, ...keywords]);
    if (all.has('every')) all.set('in', 'in');
    this.s.keywords = all;
    if (this.s.token !== 'identifier') return;
    // It was read before the keyword was known.
    const token = FUTURE_KEYWORDS.get(this.s.literal);
    if (token !== undefined && all.has(this.s.literal)) this.s.token = token;
  }

  hasKeyword(word: string): boolean {
    return this.s.keywords.has(word);
  }

  /** The term that was read at this place before; reading goes on behind it. */
  cachedTerm(): CachedTerm | undefined {
    for (let item = this.#cache; item !== undefined && item.offset >= this.s.offset; item = item.rest) {
      if (item.offset !== this.s.offset) continue;
      this.restore(item.after);
      return item;
    }
    return undefined;
  }

  cacheTerm(offset: number, term: Term | undefined): void {
    let rest = this.#cache;
    while (rest !== undefined && rest.offset >= offset) rest = rest.rest;
    this.#cache = { offset, term, after: this.save(), rest };
  }

  get cache(): CachedTerm | undefined {
    return this.#cache;
  }

  restoreWithCache(state: ParserState, cache: CachedTerm | undefined): void {
    this.restore(state);
    this.#cache = cache;
  }

  /** One level deeper, unless that is too deep. */
  enter(): boolean {
    if (this.#depth >= MAX_DEPTH) {
      this.error(this.here(), TOO_DEEP);
      return false;
    }
    this.#depth++;
    return true;
  }

  leave(): void {
    this.#depth--;
  }

  /** Takes the problems so far, and goes on where a line begins with a word below `row`. */
  takeProblems(row: number): readonly RegoProblem[] {
    const { problems } = this;
    const begins = (): boolean =>
      this.s.tokenCol === 1 && this.s.tokenRow > row && (this.at('identifier') || isWord(this.token));
    while (!this.at('eof') && !begins()) this.scan();
    this.s.problems = undefined;
    this.s.hints = [];
    return problems;
  }

  /** The place of the current token. */
  here(): Location {
    const { s } = this;
    return { file: this.file, row: s.tokenRow, col: s.tokenCol, offset: s.offset, end: s.end };
  }

  /** The row and column of `start` with the text from `offset` to `end`, by default to the last token's end. */
  span(start: Location, offset: number = start.offset, end: number = this.s.lastEnd): Location {
    return { file: this.file, row: start.row, col: start.col, offset, end };
  }

  text({ offset, end }: Location): string {
    return this.source.slice(offset, end);
  }

  wildcard(): string {
    return `$${this.s.wildcards++}`;
  }

  /** Advice for whoever reads the next problem. */
  hint(text: string): void {
    this.s.hints = [...this.s.hints, text];
  }

  /** Reports a problem and returns what a failed parse returns. */
  error(location: Location, message: string): undefined {
    const { hints } = this.s;
    const advice = hints.length === 0 ? '' : ` (hint${hints.length > 1 ? 's' : ''}: ${hints.join(', ')})`;
    const problem = { code: 'rego_parse_error' as const, message: message + advice, location };
    this.s.problems = linked<RegoProblem>(problem, this.s.problems);
    this.s.hints = [];
    return undefined;
  }

  /** Reports the current token. */
  illegal(note = ''): undefined {
    const { token } = this.s;
    if (token === 'illegal') return this.error(this.here(), 'illegal token');
    const kind = isWord(token) ? 'keyword' : 'token';
    const end = note === '' ? '' : `: ${note}`;
    return this.error(this.here(), `unexpected ${tokenName(token)} ${kind}${end}`);
  }

  isKeywordOfVersion(word: string): boolean {
    return KEYWORDS[this.version].has(word);
  }

  /** True for a word that may name a part of a ref although it is a keyword. */
  isRefKeyword(token: Token): boolean {
    if (!isWord(token)) return false;
    const word = tokenName(token);
    return this.isKeywordOfVersion(word) || this.hasKeyword(word);
  }

  /** True at a name; a keyword is taken for one. */
  acceptKeywordAsName(): boolean {
    if (this.isRefKeyword(this.s.token)) this.s.token = 'identifier';
    return this.s.token === 'identifier';
  }

  /** Takes a keyword for a name where `.` or `[` follows it; true if it did. */
  acceptKeywordAsRefHead(): boolean {
    if (!this.isRefKeyword(this.s.token)) return false;
    const next = this.peek(false);
    if (next !== '.' && next !== '[') return false;
    this.s.token = 'identifier';
    return true;
  }
}

function linked<T>(value: T, rest: Linked<T> | undefined): Linked<T> {
  return { value, rest, size: (rest?.size ?? 0) + 1 };
}

function listed<T>(list: Linked<T> | undefined): readonly T[] {
  const items: T[] = [];
  for (let item = list; item !== undefined; item = item.rest) items.push(item.value);
  return items.reverse();
}
