/** Syntax as OPA prints it in messages: calls by the name of their built-in, members in the order of the source. */
import { quotedText } from '../values/text.ts';
import type { Body, Expr, RefTerm, Term, With } from './ast.ts';
import { calledName } from './names.ts';
import { KEYWORDS } from './token.ts';

const NAME = /^[a-zA-Z_]\w*$/;

export function termText(term: Term): string {
  switch (term.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(term.value);
    case 'number':
      return term.text;
    case 'string':
      return quotedText(term.value);
    case 'var':
      return term.name.startsWith('$') ? '_' : term.name;
    case 'ref':
      return refText(term);
    case 'array':
      return `[${list(term.items)}]`;
    case 'set':
      return term.items.length === 0 ? 'set()' : `{${list(term.items)}}`;
    case 'object':
      return `{${term.entries.map(([key, value]) => `${termText(key)}: ${termText(value)}`).join(', ')}}`;
    case 'call':
      return `${refText(term.operator)}(${list(term.args)})`;
    case 'array-comprehension':
      return `[${termText(term.term)} | ${bodyText(term.body)}]`;
    case 'set-comprehension':
      return `{${termText(term.term)} | ${bodyText(term.body)}}`;
    case 'object-comprehension':
      return `{${termText(term.key)}: ${termText(term.value)} | ${bodyText(term.body)}}`;
    case 'template-string':
      return `$"${term.parts
        .map((part) =>
          part.kind === 'string' ? quotedText(part.value).slice(1, -1) : `{${exprText(part.expr)}}`,
        )
        .join('')}"`;
  }
}

function list(terms: readonly Term[]): string {
  return terms.map(termText).join(', ');
}

/** `a.b["c d"][x]`. */
export function refText({ head, path }: RefTerm): string {
  return termText(head) + path.map(operandText).join('');
}

function operandText(operand: Term): string {
  if (operand.kind !== 'string') return `[${termText(operand)}]`;
  const { value } = operand;
  if (NAME.test(value) && !KEYWORDS.v1.has(value)) return `.${value}`;
  return /[\\\p{Cc}]/u.test(value) ? `[${quotedText(value)}]` : `["${value}"]`;
}

function bodyText(body: Body): string {
  return body.map(exprText).join('; ');
}

function exprText(expr: Expr): string {
  const modifiers = expr.with.map(withText).join('');
  return `${expr.negated ? 'not ' : ''}${bareText(expr)}${modifiers}`;
}

function withText({ target, value }: With): string {
  return ` with ${termText(target)} as ${termText(value)}`;
}

function bareText(expr: Expr): string {
  switch (expr.kind) {
    case 'term': {
      const { term } = expr;
      const [left, right] = term.kind === 'call' && calledName(term) === 'eq' ? term.args : [];
      return left && right ? `${termText(left)} = ${termText(right)}` : termText(term);
    }
    case 'some':
      return `some ${list(expr.symbols)}`;
    case 'some-in':
      return `some ${list(expr.key ? [expr.key, expr.value] : [expr.value])} in ${termText(expr.domain)}`;
    case 'every':
      return `every ${list(expr.key ? [expr.key, expr.value] : [expr.value])} in ${termText(expr.domain)} { ${bodyText(expr.body)} }`;
    case 'not':
      return expr.explicit ? `not {${bodyText(expr.body)}}` : `not ${bodyText(expr.body)}`;
    case 'logical':
      return `${operandBodyText(expr.left, expr.leftExplicit)} ${expr.operator} ${operandBodyText(expr.right, expr.rightExplicit)}`;
  }
}

function operandBodyText(body: Body, explicit: boolean): string {
  return explicit ? `{ ${bodyText(body)} }` : bodyText(body);
}
