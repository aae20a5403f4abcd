/** The JSON of a syntax tree, as OPA writes it, without places. */
import type {
  Body,
  Comment,
  Expr,
  Head,
  Import,
  Module,
  RefTerm,
  Rule,
  TemplateString,
  Term,
  With,
} from '../../syntax/ast.ts';
import { numberFromText } from '../../values/number.ts';
import { type Entry, RegoArray, RegoObject, type Value } from '../../values/value.ts';
import { builtinError } from '../builtin.ts';
import { encodeBase64 } from '../go/base64.ts';
import { bytesOf } from '../go/text.ts';
import { sortedEntries, sortedTerms } from './sorted-terms.ts';

/** What is undefined is left out. */
function object(members: Readonly<Record<string, Value | undefined>>): RegoObject {
  return RegoObject.of(
    Object.entries(members).flatMap(([key, value]): Entry[] => (value === undefined ? [] : [[key, value]])),
  );
}

function list<T>(items: readonly T[], write: (item: T) => Value): RegoArray {
  return new RegoArray(items.map(write));
}

/** Lists that are empty are left out. */
function someOf<T>(items: readonly T[], write: (item: T) => Value): RegoArray | undefined {
  return items.length === 0 ? undefined : list(items, write);
}

function flag(value: boolean): true | undefined {
  return value || undefined;
}

export function moduleJson({ package: { path }, imports, rules, comments }: Module): RegoObject {
  return object({
    package: object({ path: refItems(path) }),
    imports: someOf(imports, importJson),
    rules: someOf(rules, (rule) => ruleJson(rule, nameOf(rule))),
    comments: someOf(comments, commentJson),
  });
}

function importJson({ path, alias }: Import): RegoObject {
  return object({ path: termJson(path), alias });
}

function commentJson({ text, location: { file, row, col } }: Comment): RegoObject {
  return object({ Text: encodeBase64(bytesOf(text), 'standard'), Location: object({ file, row, col }) });
}

/** How a head is named beside its ref, for those who know no refs there. */
interface HeadName {
  readonly name: string | undefined;
  readonly key: Term | undefined;
}

function nameOf({ head, default: isDefault, if: hasIf }: Rule): HeadName {
  const { ref, args, contains, valueGenerated } = head;
  const name = ref.head.kind === 'var' ? ref.head.name : undefined;
  const [operand] = ref.path;
  if (operand === undefined) return { name, key: head.key };
  if (isDefault || contains || ref.path.length > 1) return { name: undefined, key: head.key };
  if (!hasIf) return args === undefined ? { name, key: operand } : { name: undefined, key: undefined };
  return {
    name: valueGenerated ? undefined : name,
    key: args === undefined && !isConstant(operand) ? operand : undefined,
  };
}

function isConstant(term: Term): boolean {
  switch (term.kind) {
    case 'null':
    case 'boolean':
    case 'number':
    case 'string':
      return true;
    case 'array':
    case 'set':
      return term.items.every(isConstant);
    case 'object':
      return term.entries.every((entry) => entry.every(isConstant));
    default:
      return false;
  }
}

function ruleJson(rule: Rule, name: HeadName): RegoObject {
  return object({
    head: headJson(rule.head, name),
    body: rule.default || rule.bodyGenerated ? new RegoArray([TRUE]) : bodyJson(rule.body),
    default: flag(rule.default),
    else: rule.else && ruleJson(rule.else, name),
  });
}

const TRUE = object({ generated: true, index: 0, terms: object({ type: 'boolean', value: true }) });

function headJson({ ref, args, value, assign }: Head, { name, key }: HeadName): RegoObject {
  return object({
    name,
    ref: refItems(ref),
    args: args && someOf(args, termJson),
    key: key && termJson(key),
    value: value && termJson(value),
    assign: flag(assign),
  });
}

function bodyJson(body: Body): RegoArray {
  return new RegoArray(body.map(exprJson));
}

function exprJson(expr: Expr, index: number): RegoObject {
  return object({
    index,
    terms: termsJson(expr),
    negated: flag(expr.negated),
    with: someOf(expr.with, withJson),
  });
}

function withJson({ target, value }: With): RegoObject {
  return object({ target: termJson(target), value: termJson(value) });
}

function termsJson(expr: Expr): Value {
  switch (expr.kind) {
    case 'term':
      return expr.term.kind === 'call' ? callItems(expr.term.operator, expr.term.args) : termJson(expr.term);
    case 'some':
      return object({ symbols: list(expr.symbols, termJson) });
    case 'some-in':
      return object({ symbols: new RegoArray([membership(expr.key, expr.value, expr.domain)]) });
    case 'every':
      return object({
        key: expr.key === undefined ? null : termJson(expr.key),
        value: termJson(expr.value),
        domain: termJson(expr.domain),
        body: bodyJson(expr.body),
      });
    case 'not':
      return object({ type: 'not', body: bodyJson(expr.body), explicit_body: expr.explicit });
    case 'logical':
      return object({
        type: expr.operator,
        lhs: bodyJson(expr.left),
        rhs: bodyJson(expr.right),
        explicit_lhs: flag(expr.leftExplicit),
        explicit_rhs: flag(expr.rightExplicit),
      });
  }
}

function membership(key: Term | undefined, value: Term, domain: Term): Value {
  const operator = typed(
    'ref',
    new RegoArray([typed('var', 'internal'), typed('string', key === undefined ? 'member_2' : 'member_3')]),
  );
  const args = key === undefined ? [value, domain] : [key, value, domain];
  return typed('call', new RegoArray([operator, ...args.map(termJson)]));
}

function typed(type: string, value: Value): RegoObject {
  return object({ type, value });
}

function refItems({ head, path }: RefTerm): RegoArray {
  return list([head, ...path], termJson);
}

function callItems(operator: RefTerm, args: readonly Term[]): RegoArray {
  return new RegoArray([typed('ref', refItems(operator)), ...args.map(termJson)]);
}

function termJson(term: Term): RegoObject {
  switch (term.kind) {
    case 'null':
      return typed('null', RegoObject.empty);
    case 'boolean':
    case 'string':
      return typed(term.kind, term.value);
    case 'number':
      return typed('number', numberJson(term.text));
    case 'var':
      return typed('var', term.name);
    case 'ref':
      return typed('ref', refItems(term));
    case 'call':
      return typed('call', callItems(term.operator, term.args));
    case 'array':
      return typed('array', list(term.items, termJson));
    case 'set':
      return typed('set', new RegoArray(sortedTerms(term.items.map(termJson))));
    case 'object':
      return typed('object', objectItems(term.entries));
    case 'template-string':
      return typed('templatestring', templateJson(term));
    default:
      return comprehensionJson(term);
  }
}

/** What Rego takes for a number is not always one in JSON: `.5`. */
function numberJson(text: string): Value {
  if (/^-?\./.test(text)) throw builtinError(`invalid number literal, trying to marshal "${text}"`);
  return numberFromText(text);
}

function objectItems(entries: readonly (readonly [Term, Term])[]): RegoArray {
  const written = entries.map(([key, value]) => [termJson(key), termJson(value)] as const);
  return list(sortedEntries(written), (entry) => new RegoArray(entry));
}

function templateJson({ parts, raw }: TemplateString): RegoObject {
  const written = someOf(parts, (part) => {
    if (part.kind === 'string') return termJson(part);
    const { expr } = part;
    return part.isText && expr.kind === 'term' ? termJson(expr.term) : exprJson(expr, 0);
  });
  return object({ parts: written ?? null, multi_line: raw });
}

function comprehensionJson(
  term: Extract<Term, { kind: 'array-comprehension' | 'set-comprehension' | 'object-comprehension' }>,
): RegoObject {
  const type = term.kind.replace('-', '');
  const body = bodyJson(term.body);
  if (term.kind !== 'object-comprehension') return typed(type, object({ term: termJson(term.term), body }));
  return typed(type, object({ key: termJson(term.key), value: termJson(term.value), body }));
}
