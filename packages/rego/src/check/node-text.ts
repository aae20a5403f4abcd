import type { Node, RefNode, Variable } from '../plan/ir.ts';
import { refText, termText as syntaxText } from '../syntax/text.ts';
import type { Location, Term } from '../syntax/ast.ts';
import { termText } from '../values/text.ts';

/** A ref of the lowered form as OPA prints it. */
export function refNodeText({ head, path, location }: RefNode): string {
  const name = typeof head === 'string' ? head : variableText(head);
  const parts = path.map((part) => termOf(part, location));
  return refText({ kind: 'ref', head: { kind: 'var', name, location }, path: parts, location });
}

function variableText({ name, isGenerated }: Variable): string {
  return isGenerated ? '__local__' : name;
}

function termOf(node: Node, location: Location): Term {
  if (node.kind === 'constant' && typeof node.value === 'string') {
    return { kind: 'string', value: node.value, location };
  }
  return { kind: 'var', name: nodeText(node), location };
}

function nodeText(node: Node): string {
  switch (node.kind) {
    case 'constant':
      return termText(node.value);
    case 'variable':
      return syntaxText({ kind: 'var', name: variableText(node.variable), location: node.location });
    case 'ref':
      return refNodeText(node);
    case 'array':
      return `[${node.items.map(nodeText).join(', ')}]`;
    case 'set':
      return `{${node.items.map(nodeText).join(', ')}}`;
    case 'object':
      return `{${node.entries.map(([key, value]) => `${nodeText(key)}: ${nodeText(value)}`).join(', ')}}`;
    case 'comprehension':
      return node.type;
  }
}
