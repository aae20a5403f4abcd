/**
 * Orders bodies so that every variable is bound before it is needed, as OPA does: a statement goes next
 * as soon as all its variables are safe, and otherwise the order stays.
 */
import type { ComprehensionNode, Node, Statement, UnifyStatement, Variable } from './ir.ts';
import { isRefSafe, unifiedVariables } from './unify.ts';
import {
  allVariables,
  bodiesOf,
  closureVariables,
  mentionedVariables,
  openVariables,
  operandsOf,
  operandVariables,
  outputVariables,
  patternVariables,
  statementVariables,
  withVariables,
} from './variables.ts';

type Variables = ReadonlySet<Variable>;

/** Variables that no order makes safe, by the statement that needs them. */
export type Unsafe = Map<Statement, Set<Variable>>;

/** The body in an order in which it can be evaluated; what cannot be is told in `unsafe` and left out. */
export function reorder(
  body: readonly Statement[],
  globals: Variables,
  unsafe: Unsafe,
): readonly Statement[] {
  const known = new Set(globals);
  return inOrder(body, globals, unsafe).map(({ statement, visible }) => {
    const result = hasClosures(statement) ? reorderClosures(statement, known, unsafe) : statement;
    for (const variable of visible) known.add(variable);
    return result;
  });
}

/** A statement that waits for its place. */
interface Waiting {
  readonly statement: Statement;
  readonly visible: Variables;
  /** What its closures share with the body. */
  readonly closed: readonly Variable[];
  needed: Set<Variable>;
  /** Something that it mentions has become safe since it was last asked. */
  isStale: boolean;
}

function inOrder(body: readonly Statement[], globals: Variables, unsafe: Unsafe): readonly Waiting[] {
  let waiting = waitingOf(body, globals);
  const safe = new Set(waiting.flatMap(({ visible }) => [...visible].filter((v) => globals.has(v))));
  const ordered: Waiting[] = [];
  let mentioned: Mentions | undefined;
  for (let before = -1; before < ordered.length && waiting.length > 0; ) {
    before = ordered.length;
    const left: Waiting[] = [];
    for (const next of waiting) {
      const bound = next.isStale ? boundBy(next, safe) : undefined;
      // In the first round, which is the last one of most bodies, nobody keeps who mentions what.
      next.isStale = mentioned === undefined;
      if (bound === undefined) {
        left.push(next);
        continue;
      }
      ordered.push(next);
      markSafe(bound, safe, mentioned);
    }
    waiting = left;
    mentioned ??= mentions(waiting);
  }
  for (const { statement, needed } of waiting) unsafe.set(statement, needed);
  return ordered;
}

type Mentions = ReadonlyMap<Variable, readonly Waiting[]>;

function markSafe(bound: Variables, safe: Set<Variable>, mentioned: Mentions | undefined): void {
  for (const variable of bound) {
    safe.add(variable);
    for (const other of mentioned?.get(variable) ?? []) other.isStale = true;
  }
}

/** Who is to be asked again when a variable becomes safe: asking all each time would take the cube of their number. */
function mentions(waiting: readonly Waiting[]): Mentions {
  const mentioned = new Map<Variable, Waiting[]>();
  for (const one of waiting) {
    for (const variable of mentionedVariables(one.statement)) {
      const others = mentioned.get(variable);
      if (others === undefined) mentioned.set(variable, [one]);
      else others.push(one);
    }
  }
  return mentioned;
}

function waitingOf(body: readonly Statement[], globals: Variables): Waiting[] {
  const statements = body.map((statement) => ({ statement, visible: visibleVariables(statement) }));
  const bodyVariables = new Set(statements.flatMap(({ visible }) => [...visible]));
  return statements.map(({ statement, visible }) => {
    const closures = hasClosures(statement) ? [...closureVariables(statement)] : [];
    const closed = closures.filter((variable) => bodyVariables.has(variable) && !globals.has(variable));
    // Where a statement closes over variables OPA looks at no others: what else is unbound has no value then.
    return {
      statement,
      visible,
      closed,
      needed: new Set(closed.length > 0 ? closed : visible),
      isStale: true,
    };
  });
}

/** What the statement makes safe, if all that it needs is. */
function boundBy(next: Waiting, safe: Variables): Variables | undefined {
  const outputs = statementOutputs(next.statement, safe);
  // OPA refuses a statement that closes over just what it would bind, bound or not.
  if (next.closed.length > 0 && outputs.symmetricDifference(new Set(next.closed)).size === 0)
    return undefined;
  next.needed = missing(next.needed, safe, outputs);
  return next.needed.size > 0 ? undefined : outputs;
}

function hasClosures(statement: Statement): boolean {
  return bodiesOf(statement).length > 0 || operandsOf(statement).some(holdsClosure);
}

function holdsClosure(node: Node): boolean {
  switch (node.kind) {
    case 'comprehension':
      return true;
    case 'array':
    case 'set':
      return node.items.some(holdsClosure);
    case 'object':
      return node.entries.some(([key, value]) => holdsClosure(key) || holdsClosure(value));
    case 'ref':
      return node.path.some(holdsClosure);
    default:
      return false;
  }
}

function missing(variables: Iterable<Variable>, ...known: readonly Variables[]): Set<Variable> {
  return new Set([...variables].filter((variable) => !known.some((set) => set.has(variable))));
}

function visibleOf(body: readonly Statement[]): Set<Variable> {
  return new Set(body.flatMap((statement) => [...visibleVariables(statement)]));
}

function visibleVariables(statement: Statement): Set<Variable> {
  return statementVariables(statement, implicitVariables);
}

/** The variables that become safe by the statement. */
export function statementOutputs(statement: Statement, safe: Variables): Variables {
  if (statement.negated) return new Set();
  for (const variable of withVariables(statement)) if (!safe.has(variable)) return new Set();
  switch (statement.kind) {
    case 'term':
      return iterated([statement.term], safe);
    case 'unify':
      return unifyOutputs(statement, safe);
    case 'call': {
      const outputs = iterated(operandsOf(statement), safe);
      if (statement.output === undefined) return outputs;
      if (missing(outputVariables(...statement.args), outputs, safe).size > 0) return new Set();
      return outputs.union(outputVariables(statement.output));
    }
    case 'every':
      return iterated([statement.domain], safe);
    default:
      return new Set();
  }
}

function unifyOutputs({ left, right, isAssignment }: UnifyStatement, safe: Variables): Variables {
  const known = iterated([left, right], safe);
  for (const variable of allVariables(left, right)) if (safe.has(variable)) known.add(variable);
  if (isAssignment) for (const variable of allVariables(left)) known.delete(variable);
  const all = known.union(unifiedVariables(known, left, right));
  return new Set([...all].filter((variable) => !safe.has(variable)));
}

/** The variables that stand as operands of refs whose head is safe: the ref runs through them. */
function iterated(nodes: readonly Node[], safe: Variables): Set<Variable> {
  const outputs = new Set<Variable>();
  for (const node of nodes) collectIterated(node, safe, outputs);
  return outputs;
}

function collectIterated(node: Node, safe: Variables, outputs: Set<Variable>): void {
  switch (node.kind) {
    case 'ref':
      if (!isRefSafe(node, safe)) return;
      for (const variable of operandVariables(node)) outputs.add(variable);
      for (const part of node.path) collectIterated(part, safe, outputs);
      break;
    case 'array':
    case 'set':
      for (const item of node.items) collectIterated(item, safe, outputs);
      break;
    case 'object':
      for (const entry of node.entries) for (const part of entry) collectIterated(part, safe, outputs);
      break;
    default:
  }
}

/**
 * Of a body without braces (`not a and b`): the variables that it needs from outside. In a single statement these
 * are all; otherwise those that nothing in the body binds, or that are bound and used nowhere else.
 */
function implicitVariables(body: readonly Statement[]): Set<Variable> {
  const occurrences = new Map<Variable, number>();
  for (const statement of body) {
    for (const variable of visibleVariables(statement)) {
      occurrences.set(variable, (occurrences.get(variable) ?? 0) + 1);
    }
  }
  if (body.length === 1) return new Set(occurrences.keys());
  const bindings = implicitBindings(body, new Set(occurrences.keys()));
  return new Set([...occurrences].flatMap(([v, count]) => (bindings.has(v) && count > 1 ? [] : [v])));
}

function implicitBindings(body: readonly Statement[], variables: Set<Variable>): Set<Variable> {
  const safe = new Set(variables);
  const equalities = body.filter((statement) => statement.kind === 'unify');
  for (const { left, right } of equalities) {
    for (const side of [left, right]) if (side.kind === 'variable') safe.delete(side.variable);
  }
  const bindings = new Set<Variable>();
  for (let progress = true; progress; ) {
    progress = false;
    for (const variable of equalities.flatMap((equality) => [...unifyOutputs(equality, safe)])) {
      if (bindings.has(variable)) continue;
      bindings.add(variable);
      safe.add(variable);
      progress = true;
    }
  }
  for (const statement of body) {
    if (statement.kind !== 'call' || statement.output === undefined) continue;
    for (const variable of outputVariables(statement.output)) bindings.add(variable);
  }
  return bindings;
}

/** The statement with the bodies inside of it in order. */
function reorderClosures(statement: Statement, globals: Set<Variable>, unsafe: Unsafe): Statement {
  const nodes = (node: Node): Node => reorderNode(node, statement, globals, unsafe);
  switch (statement.kind) {
    case 'term':
      return { ...statement, term: nodes(statement.term) };
    case 'unify':
      return { ...statement, left: nodes(statement.left), right: nodes(statement.right) };
    case 'call':
      return { ...statement, args: statement.args.map(nodes) };
    case 'every': {
      if (statement.key !== undefined) globals.add(statement.key);
      globals.add(statement.value);
      return { ...statement, body: reorder(statement.body, globals, unsafe) };
    }
    case 'not':
      return { ...statement, body: reorder(statement.body, globals, unsafe) };
    case 'logical':
      return {
        ...statement,
        left: reorder(statement.left, globals, unsafe),
        right: reorder(statement.right, globals, unsafe),
      };
  }
}

function reorderNode(node: Node, statement: Statement, globals: Variables, unsafe: Unsafe): Node {
  const inner = (part: Node): Node => reorderNode(part, statement, globals, unsafe);
  switch (node.kind) {
    case 'comprehension':
      return reorderComprehension(node, statement, globals, unsafe);
    case 'array':
    case 'set':
      return { ...node, items: node.items.map(inner) };
    case 'object':
      return { ...node, entries: node.entries.map(([key, value]) => [inner(key), inner(value)] as const) };
    case 'ref':
      return { ...node, path: node.path.map(inner) };
    default:
      return node;
  }
}

function reorderComprehension(
  node: ComprehensionNode,
  statement: Statement,
  globals: Variables,
  unsafe: Unsafe,
): Node {
  const terms = node.key === undefined ? [node.value] : [node.key, node.value];
  const unbound = missing(openVariables(...terms), visibleOf(node.body), globals);
  for (const variable of unbound) addUnsafe(unsafe, statement, variable);
  return { ...node, body: reorder(node.body, globals, unsafe) };
}

function addUnsafe(unsafe: Unsafe, statement: Statement, variable: Variable): void {
  const variables = unsafe.get(statement);
  if (variables === undefined) unsafe.set(statement, new Set([variable]));
  else variables.add(variable);
}

/** The variables of arguments, which the caller binds. */
export function argumentVariables(args: readonly Node[]): Variables {
  return patternVariables(...args);
}
