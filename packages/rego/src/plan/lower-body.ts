/** Bodies of the syntax tree as statements, in the order in which they are written. */
import type {
  Body,
  CallTerm,
  EveryExpr,
  Expr,
  Location,
  LogicalExpr,
  NotExpr,
  SomeInExpr,
  Term,
  TermExpr,
  With as WithTerm,
} from '../syntax/ast.ts';
import type { Value } from '../values/value.ts';
import type { Callee, Node, Statement, Variable, With, WithTarget } from './ir.ts';
import {
  bound,
  calleeOf,
  captured,
  evaluated,
  lowerTerm,
  metadataOf,
  type Place,
  unification,
  variableNode,
} from './lower-term.ts';
import { assignedNames, declaredNames, patternNames, type Scope } from './scope.ts';

export function lowerBody(body: Body, place: Place): void {
  for (const expr of body) lowerExpr(expr, place);
}

function lowerExpr(expr: Expr, outer: Place): void {
  const place = { ...outer, with: lowerWith(expr.with, outer) };
  switch (expr.kind) {
    case 'some':
      for (const { name, location } of expr.symbols) place.scope.declare(name, location);
      break;
    case 'some-in':
      lowerSomeIn(expr, place);
      break;
    case 'every':
      lowerEvery(expr, place);
      break;
    case 'not':
      lowerNot(expr, place);
      break;
    case 'logical':
      lowerLogical(expr, place);
      break;
    default:
      lowerTermExpr(expr, place);
  }
}

export function lowerWith(withs: readonly WithTerm[], place: Place): readonly With[] {
  return withs.map(({ target, value, location }) => {
    const resolved = withTarget(target, place);
    const callee = resolved.type === 'input' ? undefined : functionValue(value, place);
    if (callee !== undefined) return { target: resolved, value: callee, location };
    const bare = { ...place, with: [] };
    return { target: resolved, value: evaluated(lowerTerm(value, bare), location, bare), location };
  });
}

function withTarget(target: Term, place: Place): WithTarget {
  const document = documentTarget(target, place);
  if (document === undefined) return { type: 'builtin', name: builtinName(target) ?? '' };
  const { head, path } = document;
  const dynamic = path.findIndex((part) => part.kind !== 'constant');
  const values = path.slice(0, dynamic < 0 ? path.length : dynamic).flatMap(constantValue);
  const callee: Callee = { type: 'function', path: values.filter((part) => typeof part === 'string') };
  if (head === 'data' && place.context.arityOf(callee) !== undefined) return callee;
  return { type: head, path: values, isGround: dynamic < 0, nodes: path };
}

/** `input` and `data` mean the documents here, whatever variables are called so. */
function documentTarget(
  target: Term,
  place: Place,
): { head: 'data' | 'input'; path: readonly Node[] } | undefined {
  const aside = { ...place, out: [] };
  if (target.kind === 'ref' && target.head.kind === 'var') {
    const { name } = target.head;
    if (name === 'input' || name === 'data') {
      return { head: name, path: target.path.map((part) => lowerTerm(part, aside)) };
    }
  }
  const node = lowerTerm(target, aside);
  return node.kind === 'ref' && typeof node.head === 'string'
    ? { head: node.head, path: node.path }
    : undefined;
}

function constantValue(node: Node): readonly Value[] {
  return node.kind === 'constant' ? [node.value] : [];
}

/** `with f as g`: a value that names a function is not evaluated. */
function functionValue(value: Term, place: Place): Callee | undefined {
  const name = builtinName(value);
  if (value.kind !== 'ref' && value.kind !== 'var') return undefined;
  const node = lowerTerm(value, { ...place, out: [] });
  if (node.kind === 'ref' && node.head === 'data' && node.path.every((part) => part.kind === 'constant')) {
    const path = node.path.flatMap((part) =>
      part.kind === 'constant' && typeof part.value === 'string' ? [part.value] : [],
    );
    const callee: Callee = { type: 'function', path };
    return place.context.arityOf(callee) === undefined ? undefined : callee;
  }
  const isLocal = node.kind === 'variable' && !node.variable.isGenerated && isDeclared(node, place);
  const builtin: Callee = { type: 'builtin', name: name ?? '' };
  return isLocal || place.context.arityOf(builtin) === undefined ? undefined : builtin;
}

/** A variable that stands for something already is no name of a built-in. */
function isDeclared(node: Node, place: Place): boolean {
  return node.kind === 'variable' && place.scope.isDeclared(node.variable);
}

function builtinName(term: Term): string | undefined {
  if (term.kind === 'var') return term.name;
  if (term.kind !== 'ref' || term.head.kind !== 'var') return undefined;
  const path = term.path.map((part) => (part.kind === 'string' ? part.value : ''));
  return [term.head.name, ...path].join('.');
}

/** `some k, v in xs`: `v = xs[k]`, with new variables. */
function lowerSomeIn(expr: SomeInExpr, place: Place): void {
  const { location, domain } = expr;
  for (const term of [expr.key, expr.value]) {
    if (term === undefined) continue;
    for (const name of patternNames(term)) place.scope.declare(name, term.location);
  }
  // In OPA the variables are declared for the domain too, where they are unsafe.
  const container = lowerTerm(domain, place);
  const key = expr.key ? lowerTerm(expr.key, place) : variableNode(place.scope.generate(location));
  const right = member(container, key, domain, place);
  const value = lowerTerm(expr.value, place);
  place.out.push({
    kind: 'unify',
    left: value,
    right,
    isAssignment: false,
    negated: expr.negated,
    with: place.with,
    location,
  });
}

function member(container: Node, key: Node, { location }: Term, place: Place): Node {
  if (container.kind === 'ref') return { ...container, path: [...container.path, key] };
  const head = container.kind === 'variable' ? container.variable : bound(container, location, place);
  return { kind: 'ref', head, path: [key], location };
}

function lowerEvery(expr: EveryExpr, place: Place): void {
  const { location } = expr;
  const names = new Set([expr.value.name, expr.key?.name ?? '']);
  const scope = place.scope.inner(new Set([...declaredNames(expr.body), ...names]));
  const key = expr.key && scope.declare(expr.key.name, expr.key.location);
  const value = scope.declare(expr.value.name, expr.value.location);
  const around = { ...place, scope: domainScope(place.scope, names, [key, value]) };
  const domain = variableNode(bound(lowerTerm(expr.domain, around), expr.domain.location, place));
  scope.expect(declaredNames(expr.body), location);
  const body: Statement[] = [];
  lowerBody(expr.body, { ...place, scope, out: body, with: [] });
  place.out.push({
    kind: 'every',
    key,
    value,
    domain,
    body,
    negated: expr.negated,
    with: place.with,
    location,
  });
}

/** In OPA names that nothing outside declares are the variables of `every` in its own domain, where they are unsafe. */
function domainScope(
  outer: Scope,
  names: ReadonlySet<string>,
  variables: readonly (Variable | undefined)[],
): Scope {
  const scope = outer.inner(names);
  for (const variable of variables) {
    if (variable !== undefined && !outer.declares(variable.name)) scope.adopt(variable);
  }
  return scope;
}

function nestedBody(body: Body, isExplicit: boolean, location: Location, place: Place): readonly Statement[] {
  const out: Statement[] = [];
  const names = declaredNames(body);
  const scope = isExplicit ? place.scope.inner(names) : place.scope;
  if (isExplicit) scope.expect(names, location);
  lowerBody(body, { ...place, scope, out, with: [] });
  return out;
}

function lowerNot(expr: NotExpr, place: Place): void {
  place.out.push({
    kind: 'not',
    body: nestedBody(expr.body, expr.explicit, expr.location, place),
    isExplicit: expr.explicit,
    negated: expr.negated,
    with: place.with,
    location: expr.location,
  });
}

function lowerLogical(expr: LogicalExpr, place: Place): void {
  place.out.push({
    kind: 'logical',
    operator: expr.operator,
    left: nestedBody(expr.left, expr.leftExplicit, expr.location, place),
    right: nestedBody(expr.right, expr.rightExplicit, expr.location, place),
    isLeftExplicit: expr.leftExplicit,
    isRightExplicit: expr.rightExplicit,
    negated: expr.negated,
    with: place.with,
    location: expr.location,
  });
}

function lowerTermExpr(expr: TermExpr, place: Place): void {
  const { term, negated, location } = expr;
  if (term.kind === 'call') lowerCall(term, expr, place);
  else {
    const node = lowerTerm(term, place);
    place.out.push({ kind: 'term', term: node, negated, with: place.with, location });
  }
}

function lowerCall(term: CallTerm, { negated, location }: TermExpr, place: Place): void {
  const callee = calleeOf(term.operator, place.scope);
  const [left, right] = term.args;
  if (callee.type === 'builtin' && left && right && term.args.length === 2) {
    if (callee.name === 'assign') return lowerAssignment(left, right, location, place);
    if (callee.name === 'eq') {
      const [a, b] = [lowerTerm(left, place), lowerTerm(right, place)];
      place.out.push({ ...unification(a, b, location, place.with), negated });
      return;
    }
  }
  if (callee.type === 'builtin' && callee.name === 'print') return lowerPrint(term, place);
  const args = term.args.map((arg) => lowerTerm(arg, place));
  const known = metadataOf(callee, place);
  const [last] = args.slice(place.context.arityOf(callee) ?? args.length);
  if (known !== undefined) {
    const statement = last === undefined ? termStatement(known) : unification(last, known, location, []);
    place.out.push({ ...statement, with: place.with, location, negated });
    return;
  }
  const inputs = last === undefined ? args : args.slice(0, -1);
  place.out.push({ kind: 'call', callee, args: inputs, output: last, negated, with: place.with, location });

  function termStatement(node: Node): Statement {
    return { kind: 'term', term: node, negated, with: [], location };
  }
}

/** The right side is evaluated in the scope before the left side's variables. */
function lowerAssignment(left: Term, right: Term, location: Term['location'], place: Place): void {
  const value = lowerTerm(right, place);
  for (const name of assignedNames(left)) place.scope.declare(name, left.location);
  const target = lowerTerm(left, place);
  place.out.push({
    kind: 'unify',
    left: target,
    right: value,
    isAssignment: true,
    negated: false,
    with: place.with,
    location,
  });
}

/** Each argument as the set of its values, so that an undefined one does not stop the body. */
function lowerPrint(term: CallTerm, place: Place): void {
  const items = term.args.map((arg) => captured(arg, { ...place, out: [], with: [] }));
  place.out.push({
    kind: 'call',
    callee: { type: 'builtin', name: 'internal.print' },
    args: [{ kind: 'array', items }],
    output: undefined,
    negated: false,
    with: place.with,
    location: term.location,
  });
}
