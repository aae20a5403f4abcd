/** Rules of the syntax tree as clauses. */
import type { Module, Rule, Term } from '../syntax/ast.ts';
import { Composite } from '../values/order.ts';
import type { Clause, Node, Statement } from './ir.ts';
import { lowerBody } from './lower-body.ts';
import { dropLoneTrue, evaluated, type LowerContext, lowerTerm, type Place } from './lower-term.ts';
import { argumentNames, declaredNames, type Global, ruleName, Scope, stringsOf } from './scope.ts';

/** The clause of a rule, with its `else` clauses. */
export function lowerRule(
  rule: Rule,
  module: Module,
  globals: ReadonlyMap<string, Global>,
  context: LowerContext,
): Clause {
  const hidden = new Set(declaredNames(rule.body));
  const parameters = new Map(
    rule.head.args?.flatMap((arg) => argumentNames(arg).map((name) => [name, arg] as const)),
  );
  for (const name of parameters.keys()) hidden.add(name);
  const scope = new Scope(globals, hidden);
  // Also what stands in refs: these bind nothing, so it is unsafe there.
  for (const [name, { location }] of parameters) if (!name.startsWith('$')) scope.declare(name, location);
  const body: Statement[] = [];
  const place: Place = { scope, out: body, with: [], context };
  lowerBody(rule.body, place);
  dropLoneTrue(body);
  const { path, suffix } = lowerHeadRef(rule, module, place);
  const args = rule.head.args?.map((arg) => lowerOperand(arg, place));
  const key = rule.head.key && lowerOperand(rule.head.key, place);
  const value = rule.head.value && lowerOperand(rule.head.value, place);
  return {
    path,
    suffix,
    args,
    key,
    value,
    body,
    isDefault: rule.default,
    else: rule.else && lowerRule(rule.else, module, globals, context),
    location: rule.location,
  };
}

function lowerOperand(term: Term, place: Place): Node {
  return evaluated(lowerTerm(term, { ...place, isHead: true }), term.location, place);
}

function lowerHeadRef(rule: Rule, module: Module, place: Place): Pick<Clause, 'path' | 'suffix'> {
  const keys = rule.head.ref.path.map((term) => simple(lowerTerm(term, place), term, place));
  const dynamic = keys.findIndex((key) => !isName(key));
  const constant = dynamic < 0 ? keys.length : dynamic;
  const names = keys.slice(0, constant).flatMap((key) => (key.kind === 'constant' ? [key.value] : []));
  return {
    path: [...stringsOf(module.package.path.path), ruleName(rule), ...names],
    suffix: keys.slice(constant),
  };
}

/** A scalar that a map of JavaScript's can have as a key. */
function isName(node: Node): boolean {
  return node.kind === 'constant' && (node.value === null || typeof node.value !== 'object');
}

/** A key of a rule's ref is a constant or a variable. */
function simple(node: Node, { location }: Term, place: Place): Node {
  if (node.kind === 'variable' || (node.kind === 'constant' && !(node.value instanceof Composite)))
    return node;
  const variable = place.scope.generate(location);
  const left: Node = { kind: 'variable', variable, location };
  place.out.push({
    kind: 'unify',
    left,
    right: node,
    isAssignment: false,
    negated: false,
    with: [],
    location,
  });
  return left;
}
