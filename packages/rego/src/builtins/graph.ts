/** graph.reachable, graph.reachable_paths and walk. */

import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { ValueMap } from '../values/value-map.ts';
import type { Builtin, BuiltinContext, BuiltinGroup, WalkShape } from './builtin.ts';
import { elementOf } from './comparison.ts';
import { objectOperand, typeError } from './operands.ts';

/** Anything but an array or a set stands for no neighbours. */
function neighbours(edges: Value): readonly Value[] {
  return edges instanceof RegoArray || edges instanceof RegoSet ? edges.items : [];
}

function startNodes(initial: Value): readonly Value[] {
  if (initial instanceof RegoArray || initial instanceof RegoSet) return initial.items;
  throw typeError(2, initial, '{array, set}');
}

function reachable(context: BuiltinContext, graph: RegoObject, initial: readonly Value[]): RegoSet {
  const reached = new ValueMap<true>();
  const queue = [...initial];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    context.step(1);
    const edges = graph.get(next);
    if (edges === undefined || reached.has(next)) continue;
    reached.set(next, true);
    for (const neighbour of neighbours(edges)) if (!reached.has(neighbour)) queue.push(neighbour);
  }
  return new RegoSet(reached);
}

/** Nodes of a path, the last one first. */
interface Trail {
  readonly node: Value;
  readonly before: Trail | undefined;
  readonly length: number;
}

/** One node of the depth-first search, and which of its neighbours comes next. */
interface Visit {
  readonly trail: Trail;
  readonly next: readonly Value[];
  at: number;
}

/**
 * All ways from the start nodes to a node without neighbours, outside the graph, or met before on the way.
 * A start node that is its own neighbour stands twice on its ways: OPA does not look back from there.
 */
function reachablePaths(context: BuiltinContext, graph: RegoObject, initial: readonly Value[]): RegoSet {
  const paths = new ValueMap<true>();
  const commit = (trail: Trail): void => {
    context.step(trail.length);
    paths.set(pathOf(trail), true);
  };
  for (const start of initial) {
    const edges = graph.get(start);
    if (edges !== undefined) explore(context, graph, { start, edges }, commit);
  }
  return new RegoSet(paths);
}

function explore(
  context: BuiltinContext,
  graph: RegoObject,
  { start, edges }: { readonly start: Value; readonly edges: Value },
  commit: (trail: Trail) => void,
): void {
  const onTrail = new ValueMap<number>();
  const root: Trail = { node: start, before: undefined, length: 1 };
  const stack: Visit[] = [{ trail: root, next: neighbours(edges), at: 0 }];
  onTrail.set(start, 1);
  if (neighbours(edges).length === 0) commit(root);
  for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
    context.step(1);
    const node = visit.next[visit.at++];
    if (node === undefined) {
      stack.pop();
      onTrail.set(visit.trail.node, (onTrail.get(visit.trail.node) ?? 1) - 1);
      continue;
    }
    const isCycle = visit.trail !== root && (onTrail.get(node) ?? 0) > 0;
    const onward = isCycle ? undefined : graph.get(node);
    if (onward === undefined) {
      commit(visit.trail);
      continue;
    }
    const trail: Trail = { node, before: visit.trail, length: visit.trail.length + 1 };
    const next = neighbours(onward);
    if (next.length === 0) commit(trail);
    else {
      onTrail.set(node, (onTrail.get(node) ?? 0) + 1);
      stack.push({ trail, next, at: 0 });
    }
  }
}

function pathOf(trail: Trail): RegoArray {
  const nodes: Value[] = [];
  for (let at: Trail | undefined = trail; at !== undefined; at = at.before) nodes.push(at.node);
  return new RegoArray(nodes.reverse());
}

/** A place in the document, and what lies below it still to be handed over. */
interface Place {
  readonly path: Trail | undefined;
  readonly value: Value;
}

const NO_PATH = RegoArray.empty;

/** Depth first, each value before those below it; deeper nesting than any stack costs nothing but steps. */
function walk(
  context: BuiltinContext,
  operand: Value,
  emit: (pair: Value) => boolean,
  { skipPath, filter }: WalkShape,
): boolean {
  const stack: Place[] = [{ path: undefined, value: operand }];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    context.step(1);
    const depth = place.path?.length ?? 0;
    if (depth >= filter.length) {
      const path = skipPath ? NO_PATH : pathOfPlace(place);
      if (emit(new RegoArray([path, place.value]))) return true;
    }
    const wanted = filter[depth];
    if (wanted !== undefined) {
      const value = elementOf(place.value, wanted);
      if (value !== undefined) stack.push(below(place, wanted, value));
      continue;
    }
    const children = childrenOf(place);
    for (let at = children.length - 1; at >= 0; at--) stack.push(children[at] ?? place);
  }
  return false;
}

function below(place: Place, node: Value, value: Value): Place {
  return { path: { node, before: place.path, length: (place.path?.length ?? 0) + 1 }, value };
}

function pathOfPlace({ path }: Place): RegoArray {
  return path === undefined ? NO_PATH : pathOf(path);
}

function childrenOf(place: Place): Place[] {
  const { value } = place;
  if (value instanceof RegoArray) return value.items.map((item, index) => below(place, index, item));
  if (value instanceof RegoSet) return value.items.map((item) => below(place, item, item));
  if (value instanceof RegoObject) {
    return value.entries().map(([key, item]) => below(place, key, item));
  }
  return [];
}

export const GRAPH: BuiltinGroup = new Map<string, Builtin>([
  [
    'graph.reachable',
    {
      type: 'function',
      evaluate: (context, graph, initial) => reachable(context, objectOperand(graph, 1), startNodes(initial)),
    },
  ],
  [
    'graph.reachable_paths',
    {
      type: 'function',
      evaluate: (context, graph, initial) =>
        reachablePaths(context, objectOperand(graph, 1), startNodes(initial)),
    },
  ],
  ['walk', { type: 'relation', evaluate: walk }],
]);
