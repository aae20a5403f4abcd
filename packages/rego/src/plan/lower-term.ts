/** Terms of the syntax tree as nodes; what needs a statement of its own goes before them. */
import type {
  Body,
  CallTerm,
  Comprehension,
  Location,
  ObjectTerm,
  RefTerm,
  TemplateString,
  Term,
} from '../syntax/ast.ts';
import { numberFromText } from '../values/number.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import type { Callee, Node, RefNode, Statement, Variable, With } from './ir.ts';
import { declaredNames, type Scope, stringsOf } from './scope.ts';

/** What the lowering must know of the modules around a clause. */
export interface LowerContext {
  /** How many arguments a function or built-in takes, its result not counted; `undefined` for a name that is neither. */
  arityOf(callee: Callee): number | undefined;
  /** What `rego.metadata.chain()` and `.rule()` give here. */
  readonly metadata: { chain(): Value; rule(): Value };
  lowerBody(body: Body, place: Place): void;
  lowerWith(withs: RefWith, place: Place): readonly With[];
}
type RefWith = readonly import('../syntax/ast.ts').With[];

/** Where a term stands: its scope, and the statements before it. */
export interface Place {
  readonly scope: Scope;
  readonly out: Statement[];
  /** The modifiers that statements which the term needs take over. */
  readonly with: readonly With[];
  readonly context: LowerContext;
  /** In the head of a rule, where `every` in a comprehension does not see what the body declares. */
  readonly isHead?: boolean;
}

export function lowerTerm(term: Term, place: Place): Node {
  switch (term.kind) {
    case 'null':
      return { kind: 'constant', value: null };
    case 'boolean':
    case 'string':
      return { kind: 'constant', value: term.value };
    case 'number':
      return { kind: 'constant', value: numberFromText(term.text) };
    case 'var':
      return lowerName(term.name, term.location, place);
    case 'ref':
      return lowerRef(term, place);
    case 'array':
    case 'set':
      return list(term.kind, lowerAll(term.items, place));
    case 'object':
      return lowerObject(term, place);
    case 'call':
      return lowerNestedCall(term, place);
    case 'template-string':
      return lowerTemplate(term, place);
    default:
      return lowerComprehension(term, place);
  }
}

/** A loop: what is nested thousands of times must not need much of the stack for each level. */
function lowerAll(terms: readonly Term[], place: Place): Node[] {
  const nodes: Node[] = [];
  for (const term of terms) nodes.push(lowerTerm(term, place));
  return nodes;
}

function lowerName(name: string, location: Location, { scope }: Place): Node {
  const found = scope.lookup(name, location);
  if (!('root' in found)) return variableNode(found, location);
  return { kind: 'ref', head: found.root, path: found.path.map(constant), location };
}

export function variableNode(variable: Variable, location: Location = variable.location): Node {
  return { kind: 'variable', variable, location };
}

function constant(value: Value): Node {
  return { kind: 'constant', value };
}

function lowerRef(term: RefTerm, place: Place): Node {
  const { location } = term;
  const head = lowerRefHead(term.head, place);
  const path = lowerAll(term.path, place);
  if (path.length === 0 && head.kind !== 'ref') return head;
  if (head.kind === 'ref') return { ...head, path: [...head.path, ...path], location };
  if (head.kind === 'variable') return { kind: 'ref', head: head.variable, path, location };
  return { kind: 'ref', head: bound(head, term.head.location, place), path, location };
}

function lowerRefHead(head: Term, place: Place): Node {
  if (head.kind !== 'var') return lowerTerm(head, place);
  const { name, location } = head;
  const isTaken = place.scope.declares(name) || place.scope.global(name) !== undefined;
  return (name === 'data' || name === 'input') && !isTaken
    ? rootRef(name, location)
    : lowerName(name, location, place);
}

function rootRef(head: 'data' | 'input', location: Location): RefNode {
  return { kind: 'ref', head, path: [], location };
}

/** A variable that a new statement binds to the node. */
export function bound(node: Node, location: Location, place: Place): Variable {
  const variable = place.scope.generate(location);
  place.out.push(unification(variableNode(variable), node, location, place.with));
  return variable;
}

export function unification(left: Node, right: Node, location: Location, withs: readonly With[]): Statement {
  return { kind: 'unify', left, right, isAssignment: false, negated: false, with: withs, location };
}

function list(kind: 'array' | 'set', items: readonly Node[]): Node {
  const values = constants(items);
  if (values === undefined) return { kind, items };
  return constant(kind === 'array' ? new RegoArray(values) : RegoSet.of(values));
}

function lowerObject(term: ObjectTerm, place: Place): Node {
  const entries = term.entries.map(
    ([key, value]) => [lowerTerm(key, place), lowerTerm(value, place)] as const,
  );
  const keys = constants(entries.map(([key]) => key));
  const values = constants(entries.map(([, value]) => value));
  if (keys === undefined || values === undefined) return { kind: 'object', entries };
  return constant(RegoObject.of(keys.map((key, at) => [key, values[at] ?? null] as const)));
}

function constants(nodes: readonly Node[]): readonly Value[] | undefined {
  const values: Value[] = [];
  for (const node of nodes) {
    if (node.kind !== 'constant') return undefined;
    values.push(node.value);
  }
  return values;
}

function lowerComprehension(term: Comprehension, outer: Place): Node {
  const body: Statement[] = [];
  const scope = outer.scope.inner(declaredNames(term.body), outer.isHead);
  const place = { ...outer, scope, out: body, with: [], isHead: false };
  outer.context.lowerBody(term.body, place);
  dropLoneTrue(body);
  const { location } = term;
  if (term.kind !== 'object-comprehension') {
    const type = term.kind === 'array-comprehension' ? 'array' : 'set';
    const value = evaluated(lowerTerm(term.term, place), term.term.location, place);
    return { kind: 'comprehension', type, key: undefined, value, body, location };
  }
  const key = lowerTerm(term.key, place);
  const value = lowerTerm(term.value, place);
  return {
    kind: 'comprehension',
    type: 'object',
    key: evaluated(key, term.key.location, place),
    value: evaluated(value, term.value.location, place),
    body,
    location,
  };
}

/** A body that says nothing has nothing to say before what is added to it. */
export function dropLoneTrue(body: Statement[]): void {
  const [only] = body;
  if (
    body.length === 1 &&
    only?.kind === 'term' &&
    only.term.kind === 'constant' &&
    only.term.value === true
  ) {
    body.pop();
  }
}

/** A node without refs and comprehensions: those are bound in the body before. */
export function evaluated(node: Node, location: Location, place: Place): Node {
  return requiresEvaluation(node) ? variableNode(bound(node, location, place)) : node;
}

function requiresEvaluation(node: Node): boolean {
  switch (node.kind) {
    case 'ref':
    case 'comprehension':
      return true;
    case 'array':
    case 'set':
      return node.items.some(requiresEvaluation);
    case 'object':
      return node.entries.some((entry) => entry.some(requiresEvaluation));
    default:
      return false;
  }
}

/** `f(a)` inside of a term: a statement before it, with a variable for the result. */
function lowerNestedCall(term: CallTerm, place: Place): Node {
  const callee = calleeOf(term.operator, place.scope);
  const args = lowerAll(term.args, place);
  const [operand] = args;
  const known = metadataOf(callee, place);
  if (known !== undefined && operand === undefined) return known;
  const output = variableNode(place.scope.generate(term.location));
  if (known !== undefined && operand !== undefined) {
    // OPA takes the argument for the result, and then nothing binds the result.
    place.out.push(unification(operand, known, term.location, place.with));
    return output;
  }
  place.out.push({
    kind: 'call',
    callee,
    args,
    output,
    negated: false,
    with: place.with,
    location: term.location,
  });
  return output;
}

/** The metadata calls are constants of the place where they stand. */
export function metadataOf(callee: Callee, { context }: Place): Node | undefined {
  if (callee.type !== 'builtin') return undefined;
  if (callee.name === 'rego.metadata.chain') return constant(context.metadata.chain());
  return callee.name === 'rego.metadata.rule' ? constant(context.metadata.rule()) : undefined;
}

export function calleeOf(operator: RefTerm, scope: Scope): Callee {
  const path = stringsOf(operator.path);
  const name = operator.head.kind === 'var' ? operator.head.name : '';
  if (name === 'data') return { type: 'function', path };
  const global = scope.global(name);
  if (global?.root === 'data') return { type: 'function', path: [...global.path, ...path] };
  return { type: 'builtin', name: [name, ...path].join('.') };
}

/** An array of the texts, and for each expression of the set of its values, which is empty where it is undefined. */
function lowerTemplate(term: TemplateString, place: Place): Node {
  const { location } = term;
  const parts = term.parts.map((part): Node => {
    if (part.kind === 'string') return constant(part.value);
    const { expr } = part;
    // The check refuses whatever is no term here.
    if (expr.kind !== 'term') return constant(RegoSet.empty);
    const body: Statement[] = [];
    const withs = place.context.lowerWith(expr.with, { ...place, out: body });
    return captured(placeless(expr.term), { ...place, out: body, with: withs });
  });
  const output = variableNode(place.scope.generate(location));
  place.out.push({
    kind: 'call',
    callee: { type: 'builtin', name: 'internal.template_string' },
    args: [list('array', parts)],
    output,
    negated: false,
    with: place.with,
    location,
  });
  return output;
}

/** OPA gives a call in a template no place. */
function placeless(term: Term): Term {
  return term.kind === 'call' ? { ...term, location: NOWHERE } : term;
}

const NOWHERE: Location = { file: '', row: 0, col: 0, offset: 0, end: 0 };

/** `{x | x = term}`: the place's statements become the body. */
export function captured(term: Term, place: Place): Node {
  const { location } = term;
  const variable = place.scope.generate(location);
  const node = lowerTerm(term, place);
  place.out.push(unification(variableNode(variable), node, location, place.with));
  return {
    kind: 'comprehension',
    type: 'set',
    key: undefined,
    value: variableNode(variable),
    body: place.out,
    location,
  };
}
