/** What a text would begin with: a brace or a union there would be read as something else. */
import { signatureOf } from '../builtins/signatures.ts';
import type { Expr, Term } from '../syntax/ast.ts';
import { calledName } from '../syntax/names.ts';

/** `a | b`, which is a comprehension at a brace. */
export function isUnion(term: Term | undefined): boolean {
  return term !== undefined && calledName(term) === 'or';
}

export function isUnionExpr(expr: Expr | undefined): boolean {
  return (
    expr?.kind === 'term' && expr.term.kind === 'call' && expr.term.args.length === 2 && isUnion(expr.term)
  );
}

/** The operand that an infix call begins with: the result, where that is asked for. */
export function leadingOperand(term: Term, withResult: boolean): Term | undefined {
  if (term.kind !== 'call') return undefined;
  const signature = signatureOf(calledName(term) ?? '');
  if (signature?.infix === undefined) return undefined;
  const arity = signature.args.length;
  if (term.args.length === arity) return term.args[0];
  return withResult && term.args.length === arity + 1 ? term.args.at(-1) : undefined;
}

/** True where the expression is written with a brace first, which would open a body. */
export function beginsWithBrace(expr: Expr): boolean {
  if (expr.kind !== 'term') return false;
  const { term } = expr;
  if (term.kind !== 'call') return termBeginsWithBrace(term);
  const lead = leadingOperand(term, true);
  return lead !== undefined && termBeginsWithBrace(lead);
}

function termBeginsWithBrace(term: Term): boolean {
  switch (term.kind) {
    case 'set':
      return term.items.length > 0;
    case 'object':
    case 'set-comprehension':
    case 'object-comprehension':
      return true;
    case 'ref':
      return termBeginsWithBrace(term.head);
    case 'call': {
      const lead = leadingOperand(term, false);
      return lead !== undefined && termBeginsWithBrace(lead);
    }
    default:
      return false;
  }
}
