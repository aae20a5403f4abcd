import type { Body, Expr, Head, Rule, Term, With } from './ast.ts';

/** Called before what a node holds; `true` keeps the walk out of it. */
export interface Visitor {
  readonly term?: (term: Term) => boolean | undefined;
  readonly expr?: (expr: Expr) => boolean | undefined;
  readonly rule?: (rule: Rule) => boolean | undefined;
}

/** A rule with its `else` rules: heads, then bodies, in the order of the source. */
export function visitRule(rule: Rule, visitor: Visitor): void {
  for (let r: Rule | undefined = rule; r !== undefined; r = r.else) {
    if (visitor.rule?.(r) === true) return;
    visitHead(r.head, visitor);
    visitBody(r.body, visitor);
  }
}

/** Arguments, key and value; as in OPA not the ref itself. */
function visitHead(head: Head, visitor: Visitor): void {
  visitTerms(head.args ?? [], visitor);
  if (head.key !== undefined) visitTerm(head.key, visitor);
  if (head.value !== undefined) visitTerm(head.value, visitor);
}

export function visitBody(body: Body, visitor: Visitor): void {
  for (const expr of body) visitExpr(expr, visitor);
}

function visitExpr(expr: Expr, visitor: Visitor): void {
  if (visitor.expr?.(expr) === true) return;
  visitInside(expr, visitor);
  for (const modifier of expr.with) visitWith(modifier, visitor);
}

function visitInside(expr: Expr, visitor: Visitor): void {
  switch (expr.kind) {
    case 'term':
      return visitTerm(expr.term, visitor);
    case 'some':
      return visitTerms(expr.symbols, visitor);
    case 'some-in':
      if (expr.key !== undefined) visitTerm(expr.key, visitor);
      visitTerm(expr.value, visitor);
      return visitTerm(expr.domain, visitor);
    case 'every':
      if (expr.key !== undefined) visitTerm(expr.key, visitor);
      visitTerm(expr.value, visitor);
      visitTerm(expr.domain, visitor);
      return visitBody(expr.body, visitor);
    case 'not':
      return visitBody(expr.body, visitor);
    case 'logical':
      visitBody(expr.left, visitor);
      return visitBody(expr.right, visitor);
  }
}

function visitWith(modifier: With, visitor: Visitor): void {
  visitTerm(modifier.target, visitor);
  visitTerm(modifier.value, visitor);
}

export function visitTerms(terms: readonly Term[], visitor: Visitor): void {
  for (const term of terms) visitTerm(term, visitor);
}

export function visitTerm(term: Term, visitor: Visitor): void {
  if (visitor.term?.(term) === true) return;
  switch (term.kind) {
    case 'ref':
      visitTerm(term.head, visitor);
      return visitTerms(term.path, visitor);
    case 'call':
      visitTerm(term.operator, visitor);
      return visitTerms(term.args, visitor);
    case 'array':
    case 'set':
      for (const item of term.items) visitTerm(item, visitor);
      return;
    case 'object':
      for (const [key, value] of term.entries) {
        visitTerm(key, visitor);
        visitTerm(value, visitor);
      }
      return;
    case 'array-comprehension':
    case 'set-comprehension':
      visitTerm(term.term, visitor);
      return visitBody(term.body, visitor);
    case 'object-comprehension':
      visitTerm(term.key, visitor);
      visitTerm(term.value, visitor);
      return visitBody(term.body, visitor);
    case 'template-string':
      for (const part of term.parts) {
        if (part.kind === 'string') visitTerm(part, visitor);
        else visitExpr(part.expr, visitor);
      }
      return;
    default:
  }
}
