/** Bodies in the form in which types are checked: every ref and comprehension in a statement of its own. */
import { hoist } from '../plan/hoist.ts';
import type { Node, Statement } from '../plan/ir.ts';

export function prepareBody(body: readonly Statement[]): readonly Statement[] {
  return body.flatMap((statement) => hoist(withPreparedBodies(asUnification(statement))));
}

/** `a == b` as a condition can only hold where `a = b` does. */
function asUnification(statement: Statement): Statement {
  if (statement.kind !== 'call' || statement.output !== undefined) return statement;
  const { callee, args, negated, with: modifiers, location } = statement;
  const [left, right] = args;
  if (callee.type !== 'builtin' || callee.name !== 'equal' || left === undefined || right === undefined) {
    return statement;
  }
  return { kind: 'unify', left, right, isAssignment: false, negated, with: modifiers, location };
}

function withPreparedBodies(statement: Statement): Statement {
  switch (statement.kind) {
    case 'term':
      return { ...statement, term: prepareNode(statement.term) };
    case 'unify':
      return { ...statement, left: prepareNode(statement.left), right: prepareNode(statement.right) };
    case 'call':
      return { ...statement, args: statement.args.map(prepareNode) };
    case 'every':
    case 'not':
      return { ...statement, body: prepareBody(statement.body) };
    case 'logical':
      return { ...statement, left: prepareBody(statement.left), right: prepareBody(statement.right) };
  }
}

function prepareNode(node: Node): Node {
  switch (node.kind) {
    case 'comprehension':
      return { ...node, body: prepareBody(node.body) };
    case 'array':
    case 'set':
      return { ...node, items: node.items.map(prepareNode) };
    case 'object':
      return {
        ...node,
        entries: node.entries.map(([key, value]) => [prepareNode(key), prepareNode(value)] as const),
      };
    case 'ref':
      return { ...node, path: node.path.map(prepareNode) };
    default:
      return node;
  }
}
