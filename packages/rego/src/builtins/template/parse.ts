/** Go's text/template: the tree of a template. */
import { type Piece, scanTemplate, TemplateError, type Token } from './scan.ts';
import { type Integer, integer } from './template-value.ts';

export type Operand =
  | { readonly type: 'dot' | 'nil' }
  | { readonly type: 'literal'; readonly value: boolean | string | Integer | { readonly float: number } }
  | { readonly type: 'function'; readonly name: string }
  | { readonly type: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly type: 'field'; readonly path: readonly string[] }
  | { readonly type: 'pipeline'; readonly pipeline: Pipeline; readonly path: readonly string[] };

/** An operand, and the arguments to it. */
export type Command = readonly Operand[];

export interface Pipeline {
  readonly variables: readonly string[];
  readonly isDeclaration: boolean;
  readonly commands: readonly Command[];
}

export type TemplateNode =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'print'; readonly pipeline: Pipeline }
  | {
      readonly type: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: Nodes;
      readonly otherwise: Nodes;
    }
  | { readonly type: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined }
  | { readonly type: 'break' | 'continue' };

export type Nodes = readonly TemplateNode[];

export interface Template {
  readonly nodes: Nodes;
  readonly named: ReadonlyMap<string, Nodes>;
}

/** Deeper templates are refused, before they fill the stack. */
const MAX_DEPTH = 500;

export function parseTemplate(source: string, functions: ReadonlySet<string>): Template {
  return new TemplateParser(scanTemplate(source), functions).parse();
}

/** Why a list of nodes ended: its keyword, and the action that it stands in. */
interface Ending {
  readonly nodes: Nodes;
  readonly keyword: 'end' | 'else' | undefined;
  readonly rest: ActionReader | undefined;
}

class TemplateParser {
  readonly #pieces: readonly Piece[];
  readonly #functions: ReadonlySet<string>;
  readonly #named = new Map<string, Nodes>();
  #at = 0;
  #depth = 0;
  #ranges = 0;

  constructor(pieces: readonly Piece[], functions: ReadonlySet<string>) {
    this.#pieces = pieces;
    this.#functions = functions;
  }

  parse(): Template {
    const { nodes, keyword, rest } = this.#list();
    if (keyword !== undefined)
      throw rest?.error(`unexpected {{${keyword}}}`) ?? new TemplateError('unexpected end');
    return { nodes, named: this.#named };
  }

  #list(): Ending {
    if (++this.#depth > MAX_DEPTH) throw new TemplateError('template: template: nested too deep');
    const nodes: TemplateNode[] = [];
    for (let piece = this.#pieces[this.#at++]; piece !== undefined; piece = this.#pieces[this.#at++]) {
      if (piece.type === 'text') {
        nodes.push(piece);
        continue;
      }
      const reader = new ActionReader(piece.tokens, piece.line, this.#functions);
      const keyword = reader.keyword();
      if (keyword === 'end' || keyword === 'else') {
        this.#depth--;
        return { nodes, keyword, rest: reader };
      }
      const node = this.#action(keyword, reader);
      if (node !== undefined) nodes.push(node);
    }
    this.#depth--;
    return { nodes, keyword: undefined, rest: undefined };
  }

  #action(keyword: string | undefined, reader: ActionReader): TemplateNode | undefined {
    switch (keyword) {
      case 'if':
      case 'with':
      case 'range':
        return this.#control(keyword, reader);
      case 'define':
        this.#define(reader.string(), reader);
        return undefined;
      case 'block': {
        const name = reader.string();
        const pipeline = reader.wholePipeline();
        this.#define(name, reader);
        return { type: 'template', name, pipeline };
      }
      case 'template': {
        const name = reader.string();
        return { type: 'template', name, pipeline: reader.isAtEnd ? undefined : reader.wholePipeline() };
      }
      case 'break':
      case 'continue':
        if (this.#ranges === 0) throw reader.error(`{{${keyword}}} outside {{range}}`);
        reader.expectEnd();
        return { type: keyword };
      default:
        return { type: 'print', pipeline: reader.wholePipeline() };
    }
  }

  #control(type: 'if' | 'with' | 'range', reader: ActionReader): TemplateNode {
    const pipeline = reader.wholePipeline();
    if (type === 'range') this.#ranges++;
    const body = this.#list();
    if (type === 'range') this.#ranges--;
    if (body.keyword === undefined) throw reader.error('unexpected EOF');
    if (body.keyword === 'end') return { type, pipeline, body: body.nodes, otherwise: [] };
    return { type, pipeline, body: body.nodes, otherwise: this.#otherwise(type, body.rest ?? reader) };
  }

  /** `{{else if …}}` is an `if` of its own, with the same end. */
  #otherwise(type: 'if' | 'with' | 'range', reader: ActionReader): Nodes {
    const keyword = reader.keyword();
    if (keyword !== undefined) {
      if (keyword !== type || type === 'range') throw reader.error(`unexpected <${keyword}> in else`);
      return [this.#control(keyword, reader)];
    }
    reader.expectEnd();
    const { nodes, keyword: ending } = this.#list();
    if (ending !== 'end') throw reader.error('expected end of {{else}}');
    return nodes;
  }

  #define(name: string, reader: ActionReader): void {
    reader.expectEnd();
    const ranges = this.#ranges;
    this.#ranges = 0;
    const { nodes, keyword } = this.#list();
    this.#ranges = ranges;
    if (keyword !== 'end') throw reader.error('unexpected EOF in define');
    this.#named.set(name, nodes);
  }
}

const KEYWORDS: ReadonlySet<string> = new Set(
  'if with range define block template break continue end else'.split(' '),
);

/** Reads one action's tokens. */
class ActionReader {
  readonly #tokens: readonly Token[];
  readonly #line: number;
  readonly #functions: ReadonlySet<string>;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], line: number, functions: ReadonlySet<string>) {
    this.#tokens = tokens;
    this.#line = line;
    this.#functions = functions;
  }

  error(message: string): TemplateError {
    return new TemplateError(`template: template:${this.#line}: ${message}`);
  }

  get isAtEnd(): boolean {
    this.#skipSpace();
    return this.#at >= this.#tokens.length;
  }

  keyword(): string | undefined {
    this.#skipSpace();
    const token = this.#tokens[this.#at];
    if (token?.type !== 'word' || !KEYWORDS.has(token.text)) return undefined;
    this.#at++;
    return token.text;
  }

  string(): string {
    this.#skipSpace();
    const token = this.#tokens[this.#at++];
    if (token?.type === 'string') return token.text;
    throw this.error('a quoted name is expected');
  }

  expectEnd(): void {
    if (!this.isAtEnd) throw this.error('unexpected operand');
  }

  wholePipeline(): Pipeline {
    const pipeline = this.#pipeline();
    this.expectEnd();
    return pipeline;
  }

  #skipSpace(): void {
    while (this.#tokens[this.#at]?.type === 'space') this.#at++;
  }

  #isSymbol(text: string, at = this.#at): boolean {
    const token = this.#tokens[at];
    return token?.type === 'symbol' && token.text === text;
  }

  #takeSymbol(text: string): boolean {
    this.#skipSpace();
    if (!this.#isSymbol(text)) return false;
    this.#at++;
    return true;
  }

  #pipeline(): Pipeline {
    if (++this.#depth > MAX_DEPTH) throw this.error('nested too deep');
    const assigned = this.#assignment();
    const commands = [this.#command()];
    while (this.#takeSymbol('|')) commands.push(this.#command());
    this.#depth--;
    return { ...assigned, commands };
  }

  /** `$a :=`, `$a, $b :=`, `$a =`. */
  #assignment(): Pick<Pipeline, 'variables' | 'isDeclaration'> {
    const start = this.#at;
    const variables: string[] = [];
    do {
      this.#skipSpace();
      const token = this.#tokens[this.#at];
      if (token?.type !== 'variable') break;
      variables.push(token.text);
      this.#at++;
    } while (this.#takeSymbol(','));
    if (variables.length > 0 && this.#takeSymbol(':=')) return { variables, isDeclaration: true };
    if (variables.length > 0 && this.#takeSymbol('=')) return { variables, isDeclaration: false };
    this.#at = start;
    return { variables: [], isDeclaration: false };
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (;;) {
      this.#skipSpace();
      const operand = this.#operand();
      if (operand === undefined) break;
      operands.push(operand);
    }
    if (operands.length === 0) throw this.error('missing value for command');
    return operands;
  }

  #operand(): Operand | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.type === 'space') return undefined;
    if (token.type === 'symbol') return this.#symbolOperand(token.text);
    this.#at++;
    switch (token.type) {
      case 'string':
        return { type: 'literal', value: token.text };
      case 'integer':
        return { type: 'literal', value: integer(token.value) };
      case 'float':
        return { type: 'literal', value: { float: token.value } };
      case 'variable':
        return { type: 'variable', name: token.text, path: this.#path() };
      case 'field':
        return { type: 'field', path: [token.text, ...this.#path()] };
      case 'word':
        return this.#word(token.text);
    }
  }

  #symbolOperand(symbol: string): Operand | undefined {
    if (symbol === '.') {
      this.#at++;
      return { type: 'dot' };
    }
    if (symbol !== '(') return undefined;
    this.#at++;
    const pipeline = this.#pipeline();
    if (!this.#takeSymbol(')')) throw this.error('unclosed left paren');
    return { type: 'pipeline', pipeline, path: this.#path() };
  }

  #word(word: string): Operand {
    if (word === 'true' || word === 'false') return { type: 'literal', value: word === 'true' };
    if (word === 'nil') return { type: 'nil' };
    if (this.#functions.has(word)) return { type: 'function', name: word };
    throw this.error(`function "${word}" not defined`);
  }

  /** Fields that follow without a space. */
  #path(): string[] {
    const path: string[] = [];
    for (let token = this.#tokens[this.#at]; token?.type === 'field'; token = this.#tokens[this.#at]) {
      path.push(token.text);
      this.#at++;
    }
    return path;
  }
}
