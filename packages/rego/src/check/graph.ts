import type { Node, Statement, With } from '../plan/ir.ts';
import { isSameKey, type Known, knownBefore, type Selector, selectorsOf } from './narrowing.ts';
import { chainOf, type Definition, type RuleTree } from './rule-tree.ts';
import { type Walker, walkNode, walkStatement } from './walk.ts';

/** Which definitions each needs; true where a ref means the other without doubt. */
export type Graph = ReadonlyMap<Definition, ReadonlyMap<Definition, boolean>>;

const NOTHING_KNOWN: Known = new Map();

export function graphOf(definitions: readonly Definition[], tree: RuleTree): Graph {
  const all = definitions.flatMap(chainOf);
  return new Map(all.map((definition) => [definition, dependenciesOf(definition, tree)]));
}

function dependenciesOf(definition: Definition, tree: RuleTree): ReadonlyMap<Definition, boolean> {
  const found = new Map<Definition, boolean>();
  const { body, args = [], key, value } = definition.clause;
  const known = knownBefore(body);
  for (const [at, statement] of body.entries()) {
    walkStatement(statement, refCollector(known[at] ?? NOTHING_KNOWN, tree, found));
  }
  const inHead = refCollector(lastOf(known), tree, found);
  for (const node of [...args, key, value]) if (node !== undefined) walkNode(node, inHead);
  return found;
}

function lastOf(known: readonly Known[]): Known {
  return known.at(-1) ?? NOTHING_KNOWN;
}

function refCollector(known: Known, tree: RuleTree, found: Map<Definition, boolean>): Walker {
  const add = (selector: Selector): void => {
    for (const definition of selectedBy(selector, tree)) {
      const isStatic = selectsSurely(selector, definition);
      for (const one of chainOf(definition)) found.set(one, isStatic || found.get(one) === true);
    }
  };
  return {
    node: (node: Node) => {
      if (node.kind === 'ref' && node.head === 'data') selectorsOf(node.path, known).forEach(add);
      return false;
    },
    statement: (statement: Statement) => {
      if (statement.kind === 'call' && statement.callee.type === 'function') add(statement.callee.path);
      return false;
    },
    modifier: ({ target, value }: With) => {
      if (target.type === 'function') add(target.path);
      if (target.type === 'data') selectorsOf(target.nodes, known).forEach(add);
      if ('type' in value && value.type === 'function' && 'path' in value) add(value.path);
      return false;
    },
  };
}

/** The definitions that a path can mean, be they on it, above or below its end. */
export function selectedBy(selector: Selector, tree: RuleTree): ReadonlySet<Definition> {
  const found = new Set<Definition>();
  const visit = (node: RuleTree, at: number): void => {
    if (at >= selector.length) {
      for (const below of node.nodes()) for (const definition of below.definitions) found.add(definition);
      return;
    }
    const key = selector[at];
    const child = key === undefined ? undefined : node.child(key);
    const children = key === undefined ? [...node.children.values()] : child === undefined ? [] : [child];
    for (const next of children) {
      for (const definition of next.definitions) {
        if (mayMeet(definition.path, selector, at + 1)) found.add(definition);
      }
      visit(next, at + 1);
    }
  };
  visit(tree, 0);
  return found;
}

function mayMeet(path: Selector, selector: Selector, from: number): boolean {
  for (let at = from; at < path.length && at < selector.length; at++) {
    if (!isSameKey(path[at], selector[at])) return false;
  }
  return true;
}

/** No part of the definition's path depends on what a variable holds. */
function selectsSurely(selector: Selector, { path }: Definition): boolean {
  return path.every((part, at) => part === undefined || at >= selector.length || selector[at] !== undefined);
}
