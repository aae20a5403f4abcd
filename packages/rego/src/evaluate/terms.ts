/** Compiles terms: what computes them, and what matches a value against them. */
import type { ComprehensionNode, ListNode, Node, ObjectNode, Variable } from '../plan/ir.ts';
import { allVariables } from '../plan/variables.ts';
import { equal } from '../values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { type Compute, computeAll, type Frame, link, type Match, type Step } from './code.ts';
import { ArrayCollector, ObjectCollector, SetCollector } from './collector.ts';
import type { Layout } from './layout.ts';
import { UNDEFINED } from './machine.ts';
import { computeRef } from './refs.ts';

/** A node that is not ground has no value. */
export function compute(node: Node, layout: Layout): Compute {
  switch (node.kind) {
    case 'constant': {
      const { value } = node;
      return () => value;
    }
    case 'variable':
      return layout.isBound(node.variable) ? read(layout.slot(node.variable)) : () => undefined;
    case 'ref':
      return computeRef(node, layout, compute);
    case 'array':
    case 'set':
      return computeList(node, layout);
    case 'object':
      return computeObject(node, layout);
    case 'comprehension':
      return computeComprehension(node, layout);
  }
}

function read(slot: number): Compute {
  // The slot of a bound variable holds a value.
  return (_machine, frame) => frame[slot] as Value;
}

function computeList(node: ListNode, layout: Layout): Compute {
  const items = node.items.map((item) => compute(item, layout));
  const isArray = node.kind === 'array';
  return (machine, frame) => {
    const values = computeAll(items, machine, frame);
    if (values === undefined) return undefined;
    return isArray ? new RegoArray(values) : RegoSet.of(values);
  };
}

function computeObject(node: ObjectNode, layout: Layout): Compute {
  const entries = node.entries.map(([key, value]) => [compute(key, layout), compute(value, layout)] as const);
  return (machine, frame) => {
    const values: (readonly [Value, Value])[] = [];
    for (const [computeKey, computeValue] of entries) {
      const key = computeKey(machine, frame);
      const value = computeValue(machine, frame);
      if (key === undefined || value === undefined) return undefined;
      values.push([key, value]);
    }
    return RegoObject.of(values);
  };
}

function computeComprehension(node: ComprehensionNode, layout: Layout): Compute {
  const isClosed = ![...allVariables(node)].some((variable) => layout.isBound(variable));
  const slot = layout.temporary();
  const body = layout.inside(() => {
    const stages = layout.compiler.compileBody(node.body, layout);
    return link(stages, gather(node, slot, layout));
  });
  const evaluate: Compute = (machine, frame) => {
    const collector =
      node.type === 'array'
        ? new ArrayCollector()
        : node.type === 'set'
          ? new SetCollector()
          : new ObjectCollector();
    frame[slot] = collector;
    body(machine, frame);
    return collector.finish();
  };
  return isClosed ? once(evaluate, layout) : evaluate;
}

/** Without variables from outside the value is the same as long as the documents are. */
function once(evaluate: Compute, layout: Layout): Compute {
  const id = layout.compiler.program.newCacheId();
  return (machine, frame) => {
    const { cache } = machine.context;
    const known = cache[id];
    if (known !== undefined && typeof known !== 'symbol') return known;
    const value = evaluate(machine, frame);
    cache[id] = value === undefined ? UNDEFINED : value;
    return value;
  };
}

function gather(node: ComprehensionNode, slot: number, layout: Layout): Step {
  const value = compute(node.value, layout);
  if (node.key === undefined) {
    return (machine, frame) => {
      const found = value(machine, frame);
      const collector = frame[slot];
      if (found === undefined) return false;
      if (collector instanceof ArrayCollector) collector.items.push(found);
      else if (collector instanceof SetCollector) collector.add(found);
      return false;
    };
  }
  const key = compute(node.key, layout);
  const { location } = node;
  return (machine, frame) => {
    const [k, v] = [key(machine, frame), value(machine, frame)];
    const collector = frame[slot];
    if (k !== undefined && v !== undefined && collector instanceof ObjectCollector) {
      collector.add(k, v, location);
    }
    return false;
  };
}

/** Its unbound variables are bound in the layout from then on. */
export function match(node: Node, layout: Layout): Match {
  if (node.kind === 'variable' && !layout.isBound(node.variable)) return assign(node.variable, layout);
  if (layout.isGround(node)) return same(compute(node, layout));
  if (node.kind === 'array') return matchArray(node, layout);
  return node.kind === 'object' ? matchObject(node, layout) : () => false;
}

function assign(variable: Variable, layout: Layout): Match {
  const slot = layout.slot(variable);
  layout.bind(variable);
  return (_machine, frame, value) => {
    frame[slot] = value;
    return true;
  };
}

function same(computed: Compute): Match {
  return (machine, frame, value) => {
    const other = computed(machine, frame);
    return other !== undefined && equal(value, other);
  };
}

function matchArray(node: ListNode, layout: Layout): Match {
  const items = node.items.map((item) => match(item, layout));
  return (machine, frame, value) =>
    value instanceof RegoArray &&
    value.length === items.length &&
    items.every((item, at) => item(machine, frame, value.at(at) ?? null));
}

function matchObject(node: ObjectNode, layout: Layout): Match {
  const entries = node.entries.map(([key, value]) => [compute(key, layout), match(value, layout)] as const);
  return (machine: Parameters<Match>[0], frame: Frame, value: Value) => {
    if (!(value instanceof RegoObject) || value.size !== entries.length) return false;
    return entries.every(([computeKey, matchValue]) => {
      const key = computeKey(machine, frame);
      const item = key === undefined ? undefined : value.get(key);
      return item !== undefined && matchValue(machine, frame, item);
    });
  };
}
