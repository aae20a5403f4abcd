/** Fills a template from claims that are all text (Go text/template/exec.go with missingkey=error). */
import { CodedError } from '../errors.ts';
import type { Expression, FunctionName, Template, TemplateNode, Value } from './template.ts';

export type TemplateData = ReadonlyMap<string, string>;
type Found = Value | TemplateData;

interface Scope {
  readonly root: TemplateData;
  readonly dot: Found;
  /** For `index` too a missing claim is a fault; in Go it is empty. */
  readonly wants: 'all-claims' | undefined;
}

const MAX_CHARACTERS = 64 * 1024;

/** Throws `fulcio_template_failed`: a claim that is missing, or values that do not go together. */
export function renderTemplate(template: Template, data: TemplateData, wants?: 'all-claims'): string {
  const text = render(template, { root: data, dot: data, wants });
  if (text.length > MAX_CHARACTERS) throw failed(`the result is longer than ${MAX_CHARACTERS} characters`);
  return text;
}

function render(nodes: readonly TemplateNode[], scope: Scope): string {
  return nodes.map((node) => renderNode(node, scope)).join('');
}

function renderNode(node: TemplateNode, scope: Scope): string {
  if (node.type === 'text') return node.text;
  const value = evaluate(node.value, scope);
  if (node.type === 'print') return printed(value);
  if (!isTrue(value)) return render(node.otherwise, scope);
  return render(node.body, node.type === 'with' ? { ...scope, dot: value } : scope);
}

function printed(value: Found): string {
  if (typeof value === 'object') throw failed('the claims as a whole are no text');
  return String(value);
}

function isTrue(value: Found): boolean {
  if (typeof value === 'object') return value.size > 0;
  return typeof value === 'string' ? value !== '' : Boolean(value);
}

function evaluate(expression: Expression, scope: Scope): Found {
  switch (expression.type) {
    case 'constant':
      return expression.value;
    case 'nil':
      throw failed('nil is no value');
    case 'dot':
      return scope.dot;
    case 'root':
      return scope.root;
    case 'fields':
      return expression.names.reduce(fieldOf, evaluate(expression.of, scope));
    case 'call':
      return call(expression.name, expression.args, scope);
  }
}

function fieldOf(value: Found, name: string): Found {
  const found = typeof value === 'object' ? value.get(name) : undefined;
  if (found !== undefined) return found;
  throw failed(
    typeof value === 'object'
      ? `the token has no claim ${JSON.stringify(name)}, and the configuration no default for it`
      : `${JSON.stringify(name)} is asked of a text, which has no fields`,
  );
}

/** `and` and `or` look at no more arguments than they need. */
function call(name: FunctionName, args: readonly Expression[], scope: Scope): Found {
  if (name === 'and' || name === 'or') return choose(name, args, scope);
  const [first = false, ...others] = args.map((arg) => evaluate(arg, scope));
  switch (name) {
    case 'eq':
      return others.some((other) => compare(first, other) === 0);
    case 'not':
      return !isTrue(first);
    case 'len':
      return lengthOf(first);
    case 'index':
      return others.reduce((value, key) => itemOf(value, key, scope), first);
    case 'call':
      throw failed('call: a text is no function');
    default:
      return COMPARISONS[name](compare(first, others[0] ?? false));
  }
}

const COMPARISONS: Readonly<Record<'ne' | 'lt' | 'le' | 'gt' | 'ge', (order: number) => boolean>> = {
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
};

function choose(name: 'and' | 'or', args: readonly Expression[], scope: Scope): Found {
  let value: Found = false;
  for (const arg of args) {
    value = evaluate(arg, scope);
    if (isTrue(value) === (name === 'or')) return value;
  }
  return value;
}

function compare(a: Found, b: Found): number {
  if (typeof a === 'object' || typeof b === 'object' || typeof a !== typeof b) {
    throw failed('a comparison of values of different kinds');
  }
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(String(b)));
  return Number(a) - Number(b);
}

function lengthOf(value: Found): number {
  if (typeof value === 'object') return value.size;
  if (typeof value === 'string') return Buffer.byteLength(value);
  throw failed('len of what is no text');
}

/** A claim that is missing is empty for `index`; an index into a text is one of its octets. */
function itemOf(value: Found, key: Found, { wants }: Scope): Found {
  if (typeof value === 'object' && typeof key === 'string') {
    return wants === 'all-claims' ? fieldOf(value, key) : (value.get(key) ?? '');
  }
  const octet = typeof value === 'string' && typeof key === 'number' ? Buffer.from(value)[key] : undefined;
  if (octet === undefined) throw failed('index: no such place');
  return octet;
}

function failed(reason: string): CodedError<'fulcio_template_failed'> {
  return new CodedError('fulcio_template_failed', `template: ${reason}`);
}
