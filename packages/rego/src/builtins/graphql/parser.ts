/** What queries and schemas have in common: names, values, types, directives. */
import {
  type Argument,
  type ChildValue,
  type CommentGroup,
  type Directive,
  type Type,
  VALUE_KIND,
  type Value,
} from './ast.ts';
import { GraphqlError, Lexer, type Position, type Token, type TokenKind, tokenText } from './lexer.ts';

/** Counts tokens. */
export type Spend = (steps: number) => void;

/** Nesting beyond this is refused, before it fills the stack. */
const MAX_DEPTH = 1000;

export class Parser {
  readonly #lexer: Lexer;
  readonly #spend: Spend;
  #peeked: Token | undefined;
  #depth = 0;
  /** The token that was taken last. */
  protected previous: Token;
  /** What stands before the token that comes next, once that was peeked at. */
  protected comment: CommentGroup | null = null;

  constructor(text: string, spend: Spend) {
    this.#lexer = new Lexer(text);
    this.#spend = spend;
    this.previous = { kind: '<EOF>', value: '', position: { offset: 0, line: 1, column: 1 } };
  }

  protected peek(): Token {
    if (this.#peeked !== undefined) return this.#peeked;
    const comments: { Value: string }[] = [];
    let token = this.#read();
    for (; token.kind === 'Comment'; token = this.#read()) comments.push({ Value: token.value });
    this.comment = comments.length === 0 ? null : { List: comments };
    this.#peeked = token;
    return token;
  }

  #read(): Token {
    this.#spend(1);
    return this.#lexer.next();
  }

  protected next(): Token {
    const token = this.peek();
    if (token.problem !== undefined) throw new GraphqlError(token.problem, token.position);
    this.#peeked = undefined;
    this.comment = null;
    this.previous = token;
    return token;
  }

  protected get position(): Position {
    return this.peek().position;
  }

  protected unexpected(token: Token = this.peek()): GraphqlError {
    return new GraphqlError(`Unexpected ${tokenText(token)}`, token.position);
  }

  protected expect(kind: TokenKind): Token {
    const token = this.peek();
    if (token.kind === kind) return this.next();
    throw new GraphqlError(`Expected ${kind}, found ${token.kind}`, token.position);
  }

  /** Gives the comments before the word. */
  protected expectKeyword(word: string): CommentGroup | null {
    const token = this.peek();
    const { comment } = this;
    if (token.kind !== 'Name' || token.value !== word) {
      throw new GraphqlError(`Expected "${word}", found ${tokenText(token)}`, token.position);
    }
    this.next();
    return comment;
  }

  protected skip(kind: TokenKind): boolean {
    if (this.peek().kind !== kind) return false;
    this.next();
    return true;
  }

  /** At least one item, if the list is there at all. Gives the comments before its end. */
  protected some(open: TokenKind, close: TokenKind, item: () => void): CommentGroup | null {
    if (!this.skip(open)) return null;
    if (this.peek().kind === close) {
      throw new GraphqlError(`expected at least one definition, found ${close}`, this.position);
    }
    this.#nested(() => {
      while (this.peek().kind !== close) item();
    });
    const { comment } = this;
    this.next();
    return comment;
  }

  #many(open: TokenKind, close: TokenKind, item: () => void): void {
    this.expect(open);
    this.#nested(() => {
      while (this.peek().kind !== close) item();
    });
    this.next();
  }

  #nested(inside: () => void): void {
    if (++this.#depth > MAX_DEPTH) throw new GraphqlError('the document is nested too deep', this.position);
    inside();
    this.#depth--;
  }

  protected parseName(): string {
    return this.expect('Name').value;
  }

  protected parseVariable(): string {
    this.expect('$');
    return this.parseName();
  }

  protected parseArguments(isConst: boolean): Argument[] {
    const list: Argument[] = [];
    this.some('(', ')', () => {
      const Position = this.position;
      const Comment = this.comment;
      const Name = this.parseName();
      this.expect(':');
      list.push({ Position, Comment, Name, Value: this.parseValue(isConst) });
    });
    return list;
  }

  protected parseDirectives(isConst: boolean): Directive[] {
    const directives: Directive[] = [];
    while (this.skip('@')) {
      const Position = this.position;
      const Name = this.parseName();
      directives.push({ Position, Name, Arguments: this.parseArguments(isConst), Location: '' });
    }
    return directives;
  }

  protected parseValue(isConst: boolean): Value {
    const token = this.peek();
    const Comment = this.comment;
    const base = { Position: token.position, Comment, ExpectedTypeHasDefault: false, Children: [] } as const;
    if (token.kind === '[') return { ...base, Raw: '', Kind: VALUE_KIND.list, Children: this.#list(isConst) };
    if (token.kind === '{')
      return { ...base, Raw: '', Kind: VALUE_KIND.object, Children: this.#fields(isConst) };
    if (token.kind === '$' && !isConst) {
      return { ...base, Comment: null, Kind: VALUE_KIND.variable, Raw: this.parseVariable() };
    }
    const kind = scalarKind(token);
    if (kind === undefined) throw this.unexpected();
    this.next();
    // gqlparser looks for the comments of a scalar or variable when they are gone.
    return { ...base, Comment: null, Raw: token.value, Kind: kind };
  }

  #list(isConst: boolean): ChildValue[] {
    const values: ChildValue[] = [];
    this.#many('[', ']', () => {
      values.push({ Position: null, Comment: null, Name: '', Value: this.parseValue(isConst) });
    });
    return values;
  }

  #fields(isConst: boolean): ChildValue[] {
    const fields: ChildValue[] = [];
    this.#many('{', '}', () => {
      const Position = this.position;
      const Comment = this.comment;
      const Name = this.parseName();
      this.expect(':');
      fields.push({ Position, Comment, Name, Value: this.parseValue(isConst) });
    });
    return fields;
  }

  protected parseType(): Type {
    let type: Omit<Type, 'NonNull'>;
    if (this.skip('[')) {
      const Position = this.position;
      let Elem: Type | undefined;
      this.#nested(() => {
        Elem = this.parseType();
      });
      this.expect(']');
      type = { Position, NamedType: '', Elem: Elem ?? null };
    } else {
      const Position = this.position;
      type = { Position, NamedType: this.parseName(), Elem: null };
    }
    return { ...type, NonNull: this.skip('!') };
  }
}

function scalarKind({ kind, value }: Token): number | undefined {
  switch (kind) {
    case 'Int':
      return VALUE_KIND.int;
    case 'Float':
      return VALUE_KIND.float;
    case 'String':
      return VALUE_KIND.string;
    case 'BlockString':
      return VALUE_KIND.block;
    case 'Name':
      if (value === 'true' || value === 'false') return VALUE_KIND.boolean;
      return value === 'null' ? VALUE_KIND.null : VALUE_KIND.enum;
    default:
      return undefined;
  }
}
