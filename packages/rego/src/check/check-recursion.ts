import type { Findings } from './findings.ts';
import type { Graph } from './graph.ts';
import { chainOf, type Definition, type RuleTree } from './rule-tree.ts';

/** Definitions that need themselves, by whatever way. */
export function checkRecursion(tree: RuleTree, graph: Graph, findings: Findings): void {
  const cyclic = onCycles(graph);
  if (cyclic.size === 0) return;
  for (const node of tree.nodes()) {
    for (const definition of node.definitions.flatMap(chainOf)) {
      if (findings.isFull) return;
      if (!cyclic.has(definition)) continue;
      const surely = pathBack(definition, graph, true);
      const path = surely ?? pathBack(definition, graph, false);
      if (path === undefined) continue;
      const how = surely === undefined ? 'may be recursive' : 'is recursive';
      const way = path.map(({ text }) => text).join(' -> ');
      const message = `rule ${definition.text} ${how}: ${way}`;
      findings.stop('rego_recursion_error', message, definition.rule.location);
    }
  }
}

/** Without those that need nothing but what is on no cycle: of most policies nothing is left. */
function onCycles(graph: Graph): ReadonlySet<Definition> {
  const left = new Set(graph.keys());
  for (const definition of inDependencyOrder(graph)) {
    const needed = [...(graph.get(definition)?.keys() ?? [])];
    if (!needed.some((other) => left.has(other))) left.delete(definition);
  }
  return left;
}

/** The way from a definition over those that it needs back to itself. */
function pathBack(start: Definition, graph: Graph, onlySure: boolean): readonly Definition[] | undefined {
  const from = new Map<Definition, Definition>();
  const open = [start];
  for (let current = open.shift(); current !== undefined; current = open.shift()) {
    for (const [next, isSure] of graph.get(current) ?? []) {
      if (onlySure && !isSure) continue;
      if (next === start) return wayTo(current, from, start);
      if (from.has(next)) continue;
      from.set(next, current);
      open.push(next);
    }
  }
  return undefined;
}

function wayTo(
  last: Definition,
  from: ReadonlyMap<Definition, Definition>,
  start: Definition,
): readonly Definition[] {
  const way = [start];
  for (let at: Definition | undefined = last; at !== undefined && at !== start; at = from.get(at))
    way.unshift(at);
  return [start, ...way];
}

/** The definitions, each behind all that it needs. */
export function inDependencyOrder(graph: Graph): readonly Definition[] {
  const ordered = new Set<Definition>();
  const entered = new Set<Definition>();
  const open = [...graph.keys()].reverse();
  for (let current = open.at(-1); current !== undefined; current = open.at(-1)) {
    const needed = [...(graph.get(current)?.keys() ?? [])].filter((next) => !entered.has(next));
    if (entered.has(current) || needed.length === 0) {
      open.pop();
      entered.add(current);
      ordered.add(current);
      continue;
    }
    entered.add(current);
    open.push(...needed);
  }
  return [...ordered];
}
