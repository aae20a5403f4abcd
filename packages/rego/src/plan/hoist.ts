/** Binds refs and comprehensions that stand inside of other terms to variables of their own, in statements before. */
import type { Node, RefNode, Statement, Variable } from './ir.ts';
import { unification, variableNode } from './lower-term.ts';

/**
 * In a rule's body `a == b` as a condition is `a = b`: its refs need not be evaluated before it,
 * which counts where it is negated.
 */
export function withoutEqual(statement: Statement): Statement {
  if (statement.kind !== 'call' || statement.callee.type !== 'builtin' || statement.output !== undefined) {
    return statement;
  }
  const [left, right] = statement.args;
  if (statement.callee.name !== 'equal' || left === undefined || right === undefined) return statement;
  const { negated, location } = statement;
  return { kind: 'unify', left, right, isAssignment: false, negated, with: statement.with, location };
}

/** The statement with what must be evaluated before it. */
export function hoist(statement: Statement): readonly Statement[] {
  const out: Statement[] = [];
  const hoisting = { statement, out };
  switch (statement.kind) {
    case 'unify':
      out.push({
        ...statement,
        left: hoistInside(statement.left, hoisting),
        right: hoistInside(statement.right, hoisting),
      });
      break;
    case 'call':
      out.push({
        ...statement,
        args: statement.args.map((arg) => hoistWhole(arg, hoisting)),
        output: statement.output && hoistWhole(statement.output, hoisting),
      });
      break;
    case 'term':
      out.push({ ...statement, term: hoistInside(statement.term, hoisting) });
      break;
    default:
      out.push(statement);
  }
  return out;
}

interface Hoisting {
  readonly statement: Statement;
  readonly out: Statement[];
}

/** A ref or comprehension that is the whole term stays where it is. */
function hoistInside(node: Node, hoisting: Hoisting): Node {
  if (node.kind === 'ref') return hoistPath(node, hoisting);
  return node.kind === 'comprehension' ? node : hoistWhole(node, hoisting);
}

function hoistPath(node: RefNode, hoisting: Hoisting): RefNode {
  return { ...node, path: node.path.map((part) => hoistWhole(part, hoisting)) };
}

function hoistWhole(node: Node, hoisting: Hoisting): Node {
  switch (node.kind) {
    case 'ref':
      return bind(hoistPath(node, hoisting), node, hoisting);
    case 'comprehension':
      return bind(node, node, hoisting);
    case 'array':
    case 'set':
      return { ...node, items: node.items.map((item) => hoistWhole(item, hoisting)) };
    case 'object':
      return {
        ...node,
        entries: node.entries.map(
          ([key, value]) => [hoistWhole(key, hoisting), hoistWhole(value, hoisting)] as const,
        ),
      };
    default:
      return node;
  }
}

function bind(node: Node, { location }: { readonly location: Variable['location'] }, to: Hoisting): Node {
  const variable: Variable = { name: '', location, isGenerated: true };
  to.out.push(unification(variableNode(variable), node, location, to.statement.with));
  return variableNode(variable);
}
