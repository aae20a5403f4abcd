import type { Node, Statement, With } from '../plan/ir.ts';

/** Called before what a node or statement holds; `true` keeps the walk out of it. */
export interface Walker {
  readonly statement?: (statement: Statement) => boolean | undefined;
  readonly node?: (node: Node) => boolean | undefined;
  readonly modifier?: (modifier: With) => boolean | undefined;
}

export function walkStatements(statements: readonly Statement[], walker: Walker): void {
  for (const statement of statements) walkStatement(statement, walker);
}

export function walkStatement(statement: Statement, walker: Walker): void {
  if (walker.statement?.(statement) === true) return;
  for (const node of nodesOf(statement)) walkNode(node, walker);
  for (const body of bodiesOf(statement)) walkStatements(body, walker);
  for (const modifier of statement.with) {
    if (walker.modifier?.(modifier) === true) continue;
    if ('kind' in modifier.value) walkNode(modifier.value, walker);
  }
}

export function walkNode(node: Node, walker: Walker): void {
  if (walker.node?.(node) === true) return;
  switch (node.kind) {
    case 'ref':
      for (const part of node.path) walkNode(part, walker);
      break;
    case 'array':
    case 'set':
      for (const item of node.items) walkNode(item, walker);
      break;
    case 'object':
      for (const entry of node.entries) for (const part of entry) walkNode(part, walker);
      break;
    case 'comprehension':
      if (node.key !== undefined) walkNode(node.key, walker);
      walkNode(node.value, walker);
      walkStatements(node.body, walker);
      break;
    default:
  }
}

/** The operands of a statement, its bodies apart. */
export function nodesOf(statement: Statement): readonly Node[] {
  switch (statement.kind) {
    case 'term':
      return [statement.term];
    case 'unify':
      return [statement.left, statement.right];
    case 'call':
      return statement.output === undefined ? statement.args : [...statement.args, statement.output];
    case 'every':
      return [statement.domain];
    default:
      return [];
  }
}

export function bodiesOf(statement: Statement): readonly (readonly Statement[])[] {
  if (statement.kind === 'every' || statement.kind === 'not') return [statement.body];
  return statement.kind === 'logical' ? [statement.left, statement.right] : [];
}
