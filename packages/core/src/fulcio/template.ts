/**
 * The part of Go's text/template that configurations of Fulcio use: text, fields, constants, comparisons, `if` and
 * `with`. There are no loops, no variables, no templates in templates and no formatting: what a template costs is
 * bounded by its length, and nothing of it is run as code. The rest of the language is refused when it is parsed.
 */
import { CodedError } from '../errors.ts';
import { type Token, tokenize } from './template-tokens.ts';

export type Expression =
  | { readonly type: 'constant'; readonly value: Value }
  | { readonly type: 'nil' }
  | { readonly type: 'dot' }
  | { readonly type: 'root' }
  | { readonly type: 'fields'; readonly of: Expression; readonly names: readonly string[] }
  | { readonly type: 'call'; readonly name: FunctionName; readonly args: readonly Expression[] };

export type Value = string | number | boolean;

export type TemplateNode =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'print'; readonly value: Expression }
  | {
      readonly type: 'if' | 'with';
      readonly value: Expression;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    };

export type Template = readonly TemplateNode[];

const FUNCTIONS = ['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or', 'not', 'index', 'len', 'call'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];
/** Go's own, which no configuration needs: known by name, so that the message can say so. */
const LEFT_OUT = ['html', 'js', 'print', 'printf', 'println', 'slice', 'urlquery'];
const KEYWORDS_LEFT_OUT = ['range', 'define', 'template', 'block', 'break', 'continue'];

const MAX_CHARACTERS = 4096;
const MAX_DEPTH = 16;

/** Throws `fulcio_template_invalid`. */
export function parseTemplate(text: string): Template {
  if (text.length > MAX_CHARACTERS) throw invalid(`longer than ${MAX_CHARACTERS} characters`);
  const parser = new Parser(tokenize(text));
  const { nodes, end } = parser.nodes(0);
  if (end !== null) throw invalid(`an unexpected {{${end}}}`);
  return nodes;
}

type End = 'end' | 'else' | 'else if' | 'else with' | null;

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Up to the action that ends them, which is read; for `else if` its condition comes next. */
  nodes(depth: number): { readonly nodes: readonly TemplateNode[]; readonly end: End } {
    if (depth > MAX_DEPTH) throw invalid(`nested deeper than ${MAX_DEPTH} levels`);
    const nodes: TemplateNode[] = [];
    for (;;) {
      const token = this.#take();
      if (token === undefined) return { nodes, end: null };
      if (token.type === 'text') {
        nodes.push({ type: 'text', text: token.text });
        continue;
      }
      if (token.type !== 'open') throw invalid(`an unexpected ${JSON.stringify(token.text)}`);
      const end = this.#ending();
      if (end !== undefined) return { nodes, end };
      nodes.push(this.#action(depth));
    }
  }

  #ending(): End | undefined {
    if (this.#keyword('end')) return this.#close('end');
    if (!this.#keyword('else')) return undefined;
    if (this.#keyword('if')) return 'else if';
    return this.#keyword('with') ? 'else with' : this.#close('else');
  }

  #action(depth: number): TemplateNode {
    if (this.#keyword('if')) return this.#branch('if', depth);
    if (this.#keyword('with')) return this.#branch('with', depth);
    const value = this.#pipeline(0);
    this.#close('value');
    return { type: 'print', value };
  }

  #branch(type: 'if' | 'with', depth: number): TemplateNode {
    const value = this.#pipeline(0);
    this.#close('condition');
    const { nodes: body, end } = this.nodes(depth + 1);
    return { type, value, body, otherwise: this.#otherwise(end, depth) };
  }

  #otherwise(end: End, depth: number): readonly TemplateNode[] {
    if (end === 'end') return [];
    if (end === 'else if') return [this.#branch('if', depth + 1)];
    if (end === 'else with') return [this.#branch('with', depth + 1)];
    const rest = end === 'else' ? this.nodes(depth + 1) : undefined;
    if (rest?.end !== 'end') throw invalid('an {{if}} or {{with}} without its {{end}}');
    return rest.nodes;
  }

  /** Each command of a pipeline is the last argument of the next. */
  #pipeline(depth: number): Expression {
    let value = this.#command(depth, undefined);
    while (this.#symbol('|')) value = this.#command(depth, value);
    return value;
  }

  #command(depth: number, piped: Expression | undefined): Expression {
    const token = this.#peek();
    if (token?.type === 'word' && !isConstant(token.text)) {
      const name = functionNamed(token.text);
      this.#at++;
      const args = [...this.#operands(depth), ...(piped ? [piped] : [])];
      checkCount(name, args.length);
      return { type: 'call', name, args };
    }
    const [value, ...others] = this.#operands(depth);
    if (value === undefined) throw invalid('an action without a value');
    if (others.length > 0 || piped) throw invalid('arguments after what is no function');
    return value;
  }

  #operands(depth: number): readonly Expression[] {
    const found: Expression[] = [];
    for (let operand = this.#operand(depth); operand; operand = this.#operand(depth)) found.push(operand);
    return found;
  }

  #operand(depth: number): Expression | undefined {
    const token = this.#peek();
    if (token === undefined || token.type === 'close' || token.text === '|' || token.text === ')')
      return undefined;
    this.#at++;
    const operand = this.#primary(token, depth);
    const next = this.#peek();
    if (next?.type !== 'field' || next.spaced) return operand;
    this.#at++;
    return { type: 'fields', of: operand, names: namesIn(next.text) };
  }

  #primary(token: Token, depth: number): Expression {
    if (token.type === 'constant') return { type: 'constant', value: token.value };
    if (token.type === 'field') return { type: 'fields', of: { type: 'dot' }, names: namesIn(token.text) };
    if (token.text === '.') return { type: 'dot' };
    if (token.text === '$') return { type: 'root' };
    if (token.text === '(') return this.#group(depth + 1);
    if (token.type === 'word' && isConstant(token.text)) {
      return token.text === 'nil' ? { type: 'nil' } : { type: 'constant', value: token.text === 'true' };
    }
    if (token.type === 'word')
      return { type: 'call', name: checkedCount(functionNamed(token.text)), args: [] };
    throw invalid(`an unexpected ${JSON.stringify(token.text)}`);
  }

  #group(depth: number): Expression {
    if (depth > MAX_DEPTH) throw invalid(`nested deeper than ${MAX_DEPTH} levels`);
    const value = this.#pipeline(depth);
    if (!this.#symbol(')')) throw invalid('a parenthesis that is not closed');
    return value;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #take(): Token | undefined {
    return this.#tokens[this.#at++];
  }

  #symbol(text: string): boolean {
    const found = this.#peek()?.type === 'symbol' && this.#peek()?.text === text;
    if (found) this.#at++;
    return found;
  }

  #keyword(text: string): boolean {
    const found = this.#peek()?.type === 'word' && this.#peek()?.text === text;
    if (found) this.#at++;
    return found;
  }

  #close<T extends string>(after: T): T {
    if (this.#take()?.type !== 'close') throw invalid(`more than expected after the ${after} of an action`);
    return after;
  }
}

function isConstant(word: string): boolean {
  return word === 'true' || word === 'false' || word === 'nil';
}

function namesIn(field: string): readonly string[] {
  return field.slice(1).split('.');
}

function functionNamed(name: string): FunctionName {
  const known = FUNCTIONS.find((item) => item === name);
  if (known) return known;
  if (LEFT_OUT.includes(name) || KEYWORDS_LEFT_OUT.includes(name)) {
    throw invalid(
      `${name} of Go's templates is left out here on purpose. Write it with ${FUNCTIONS.join(', ')}`,
    );
  }
  throw invalid(`there is no function ${JSON.stringify(name)}`);
}

/** Fewest and most arguments. */
const ARGUMENTS: Readonly<Record<FunctionName, readonly [number, number]>> = {
  eq: [2, 64],
  ne: [2, 2],
  lt: [2, 2],
  le: [2, 2],
  gt: [2, 2],
  ge: [2, 2],
  and: [1, 64],
  or: [1, 64],
  not: [1, 1],
  index: [1, 64],
  len: [1, 1],
  call: [1, 64],
};

function checkCount(name: FunctionName, count: number): void {
  const [fewest, most] = ARGUMENTS[name];
  if (count < fewest || count > most) throw invalid(`the wrong number of arguments for ${name}: ${count}`);
}

function checkedCount(name: FunctionName): FunctionName {
  checkCount(name, 0);
  return name;
}

function invalid(found: string): CodedError<'fulcio_template_invalid'> {
  return new CodedError('fulcio_template_invalid', `template: found ${found}`);
}
