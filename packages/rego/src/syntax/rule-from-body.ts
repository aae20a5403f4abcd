import type { Body, Head, Location, RefTerm, Rule, Term, TermExpr } from './ast.ts';
import { signatureOf } from '../builtins/signatures.ts';
import { dottedName, kindName } from './names.ts';
import { termText } from './text.ts';
import { ruleOf, trueBody, trueTerm } from './parse-rule.ts';

/** The rule that a body stands for where a module has it: `p := 1`, `f(x) = y`, v0 `p[x]`. Else why it is none. */
export function ruleFromBody(body: Body): Rule | string {
  const [expr] = body;
  if (expr === undefined || body.length > 1) return 'multiple expressions cannot be used for rule head';
  if (expr.with.length > 0) return 'expressions using with keyword cannot be used for rule head';
  if (expr.negated) return 'negated expressions cannot be used for rule head';
  if (expr.kind === 'some' || expr.kind === 'some-in')
    return "'some' declarations cannot be used for rule head";
  if (expr.kind !== 'term') return 'expression cannot be used for rule head';
  const { term } = expr;
  if (term.kind === 'ref') return fromRef(term);
  if (term.kind !== 'call') return `${kindName(term)} cannot be used for rule name`;
  const name = dottedName(term.operator);
  if (name === 'eq' || name === 'assign') return fromEquation(expr, term.args, name === 'assign');
  if (name !== undefined && signatureOf(name) !== undefined)
    return 'rule name conflicts with built-in function';
  return fromCall(term.operator, term.args);
}

function fromRef(ref: RefTerm): Rule | string {
  const [operand] = ref.path;
  if (operand === undefined) return 'refs cannot be used for rule head';
  if (ref.head.kind !== 'var') return `invalid rule head: ${termText(ref)}`;
  const { location } = ref;
  if (ref.path.length > 1) {
    const value = trueTerm(location);
    return bodiless(headOf(ref, location, { value, valueGenerated: true }), location, location);
  }
  const name = { ...ref, path: [], location: ref.head.location };
  return bodiless(headOf(name, location, { key: operand }), location, location);
}

function fromEquation(expr: TermExpr, args: readonly Term[], assign: boolean): Rule | string {
  const [left, value] = args;
  if (left === undefined || value === undefined) return 'assignment requires two operands';
  const head = leftHead(left, value);
  if (typeof head === 'string') return head;
  const { location } = expr;
  return bodiless({ ...head, assign, location }, location, value.location);
}

function leftHead(left: Term, value: Term): Head | string {
  if (left.kind === 'call') {
    const { operator, args } = left;
    if (operator.head.kind !== 'var') return 'call cannot be used for rule name';
    return headOf(operator, left.location, { args: args.length > 0 ? args : undefined, value });
  }
  if (left.kind === 'var') {
    return headOf({ kind: 'ref', head: left, path: [], location: left.location }, left.location, { value });
  }
  if (left.kind !== 'ref') return `${kindName(left)} cannot be used for rule name`;
  if (left.head.kind !== 'var') return `invalid rule head: ${termText(left)}`;
  return headOf(left, left.location, { value });
}

function fromCall(operator: RefTerm, args: readonly Term[]): Rule | string {
  if (args.length === 0) return 'rule argument list must take at least one argument';
  if (operator.head.kind !== 'var') return `invalid rule head: ${termText(operator)}`;
  const { location } = operator;
  return bodiless(headOf(operator, location, { args, value: trueTerm(location) }), location, location);
}

function headOf(
  ref: RefTerm,
  location: Location,
  more: Partial<Pick<Head, 'args' | 'key' | 'value' | 'valueGenerated'>>,
): Head {
  return {
    ref,
    args: undefined,
    key: undefined,
    value: undefined,
    valueGenerated: false,
    assign: false,
    contains: false,
    location,
    ...more,
  };
}

function bodiless(head: Head, location: Location, bodyLocation: Location): Rule {
  return ruleOf(head, trueBody(bodyLocation), location, { bodyGenerated: true });
}
