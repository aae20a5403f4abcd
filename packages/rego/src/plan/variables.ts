/** The variables of nodes and statements, by what a question about them leaves out. */
import type { Node, RefNode, Statement, Variable, With } from './ir.ts';

type Variables = Set<Variable>;

interface Walk {
  /** Comprehensions, with all that is in them. */
  readonly closures: boolean;
  readonly sets: boolean;
  readonly objectKeys: boolean;
  readonly refHeads: boolean;
}

const ALL: Walk = { closures: true, sets: true, objectKeys: true, refHeads: true };
/** What must be safe for the node to be evaluated, its closures apart. */
const OPEN: Walk = { ...ALL, closures: false };
/** What a value on the other side binds. */
const PATTERN: Walk = { closures: false, sets: true, objectKeys: false, refHeads: false };
const OUTPUT: Walk = { closures: false, sets: false, objectKeys: false, refHeads: false };
const OPERANDS: Walk = { ...ALL, refHeads: false };

function collect(node: Node, walk: Walk, into: Variables): void {
  switch (node.kind) {
    case 'constant':
      break;
    case 'variable':
      into.add(node.variable);
      break;
    case 'ref':
      if (walk.refHeads && typeof node.head !== 'string') into.add(node.head);
      for (const part of node.path) collect(part, walk, into);
      break;
    case 'set':
      if (!walk.sets) break;
      for (const item of node.items) collect(item, walk, into);
      break;
    case 'array':
      for (const item of node.items) collect(item, walk, into);
      break;
    case 'object':
      for (const [key, value] of node.entries) {
        if (walk.objectKeys) collect(key, walk, into);
        collect(value, walk, into);
      }
      break;
    case 'comprehension':
      if (!walk.closures) break;
      for (const part of [node.key, node.value]) if (part) collect(part, walk, into);
      for (const statement of node.body) collectStatement(statement, walk, into);
  }
}

function collectStatement(statement: Statement, walk: Walk, into: Variables): void {
  for (const node of operandsOf(statement)) collect(node, walk, into);
  for (const modifier of statement.with) collectWith(modifier, walk, into);
  if (!walk.closures) return;
  if (statement.kind === 'every') {
    for (const variable of [statement.key, statement.value]) if (variable) into.add(variable);
  }
  for (const body of bodiesOf(statement)) for (const inner of body) collectStatement(inner, walk, into);
}

function collectWith({ value }: With, walk: Walk, into: Variables): void {
  if ('kind' in value) collect(value, walk, into);
}

/** The nodes of the statement itself, its bodies and modifiers apart. */
export function operandsOf(statement: Statement): readonly Node[] {
  switch (statement.kind) {
    case 'term':
      return [statement.term];
    case 'unify':
      return [statement.left, statement.right];
    case 'call':
      return statement.output ? [...statement.args, statement.output] : statement.args;
    case 'every':
      return [statement.domain];
    default:
      return [];
  }
}

export function bodiesOf(statement: Statement): readonly (readonly Statement[])[] {
  switch (statement.kind) {
    case 'every':
    case 'not':
      return [statement.body];
    case 'logical':
      return [statement.left, statement.right];
    default:
      return [];
  }
}

const from =
  (walk: Walk) =>
  (...nodes: readonly Node[]): Variables => {
    const into: Variables = new Set();
    for (const node of nodes) collect(node, walk, into);
    return into;
  };

export const allVariables: (...nodes: readonly Node[]) => Variables = from(ALL);
export const openVariables: (...nodes: readonly Node[]) => Variables = from(OPEN);
export const patternVariables: (...nodes: readonly Node[]) => Variables = from(PATTERN);
export const outputVariables: (...nodes: readonly Node[]) => Variables = from(OUTPUT);

/** What is in the operands of the ref, and not at its head. */
export function operandVariables(ref: RefNode): Variables {
  const into: Variables = new Set();
  for (const part of ref.path) collect(part, OPERANDS, into);
  return into;
}

/** What must be safe before the statement, or become so by it. */
export function statementVariables(statement: Statement, arity: ImplicitBodies): Variables {
  const into: Variables = new Set();
  for (const node of operandsOf(statement)) collect(node, OPEN, into);
  if (statement.kind === 'every') return into;
  for (const modifier of statement.with) collectWith(modifier, OPEN, into);
  for (const body of implicitBodies(statement)) for (const variable of arity(body)) into.add(variable);
  return into;
}

/** The variables that a body without braces needs from outside. */
export type ImplicitBodies = (body: readonly Statement[]) => Variables;

function implicitBodies(statement: Statement): readonly (readonly Statement[])[] {
  if (statement.kind === 'not') return statement.isExplicit ? [] : [statement.body];
  if (statement.kind !== 'logical') return [];
  return [
    ...(statement.isLeftExplicit ? [] : [statement.left]),
    ...(statement.isRightExplicit ? [] : [statement.right]),
  ];
}

export function withVariables(statement: Statement): Variables {
  const into: Variables = new Set();
  for (const modifier of statement.with) collectWith(modifier, OPEN, into);
  return into;
}

/** All that occurs in the statement, wherever. */
export function mentionedVariables(statement: Statement): Variables {
  const into: Variables = new Set();
  collectStatement(statement, ALL, into);
  return into;
}

/** All that occurs in comprehensions and in the bodies of `every`, `and` and `or`. */
export function closureVariables(statement: Statement): Variables {
  const into: Variables = new Set();
  for (const node of operandsOf(statement)) collectClosures(node, into);
  for (const { value } of statement.with) if ('kind' in value) collectClosures(value, into);
  if (statement.kind === 'every' || statement.kind === 'logical') {
    for (const body of bodiesOf(statement)) for (const inner of body) collectStatement(inner, ALL, into);
  }
  return into;
}

function collectClosures(node: Node, into: Variables): void {
  switch (node.kind) {
    case 'comprehension':
      collect(node, ALL, into);
      break;
    case 'array':
    case 'set':
      for (const item of node.items) collectClosures(item, into);
      break;
    case 'object':
      for (const entry of node.entries) for (const part of entry) collectClosures(part, into);
      break;
    case 'ref':
      for (const part of node.path) collectClosures(part, into);
      break;
    default:
  }
}
