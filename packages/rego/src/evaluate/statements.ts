/** Compiles statements: each goes on with the rest of its body as often as it holds. */
import { hoist, withoutEqual } from '../plan/hoist.ts';
import type { EveryStatement, LogicalStatement, Node, Statement } from '../plan/ir.ts';
import { sameKey } from '../plan/unify.ts';
import { equal } from '../values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';
import { compileCall } from './calls.ts';
import {
  type Compute,
  type Frame,
  link,
  type Match,
  type Sink,
  type Stage,
  type Step,
  succeed,
} from './code.ts';
import type { Layout } from './layout.ts';
import type { Machine } from './machine.ts';
import { observed } from './observe.ts';
import { iterateRef } from './refs.ts';
import { compute, match } from './terms.ts';
import { compileWith } from './with.ts';

export function compileBody(body: readonly Statement[], layout: Layout): readonly Stage[] {
  return body
    .map((statement) => (layout.isQuery ? statement : withoutEqual(statement)))
    .flatMap((statement) => hoist(statement).map((single) => compileStatement(single, layout)));
}

function compileStatement(statement: Statement, layout: Layout): Stage {
  const core = (): Stage =>
    statement.negated
      ? negated(layout.inside(() => compilePlain(statement, layout)))
      : compilePlain(statement, layout);
  const whole = (): Stage => (statement.with.length === 0 ? core() : compileWith(statement, layout, core));
  return layout.compiler.program.isObserved ? observed(statement, layout, whole) : whole();
}

function negated(stage: Stage): Stage {
  const holds = stage(succeed);
  return (next) => (machine, frame) => !holds(machine, frame) && next(machine, frame);
}

function compilePlain(statement: Statement, layout: Layout): Stage {
  switch (statement.kind) {
    case 'term':
      return compileCondition(statement.term, layout);
    case 'unify':
      return compileUnify([[statement.left, statement.right]], layout);
    case 'call':
      return compileCall(statement, layout);
    case 'every':
      return compileEvery(statement, layout);
    case 'not':
      return negated((next) => link(nested(statement.body, layout), next));
    case 'logical':
      return compileLogical(statement, layout);
  }
}

function nested(body: readonly Statement[], layout: Layout): readonly Stage[] {
  return layout.inside(() => compileBody(body, layout));
}

function compileCondition(term: Node, layout: Layout): Stage {
  if (term.kind === 'ref' && !layout.isGround(term)) {
    const each = iterateRef(term, layout, compute, match);
    return (next) => each((machine, frame, value) => value !== false && next(machine, frame));
  }
  return condition(compute(term, layout));
}

function condition(computed: Compute): Stage {
  return (next) => (machine, frame) => {
    const value = computed(machine, frame);
    return value !== undefined && value !== false && next(machine, frame);
  };
}

type Pair = readonly [left: Node, right: Node];

/** Pairs of terms that must be equal; each time the first one of which enough is known. */
function compileUnify(pairs: readonly Pair[], layout: Layout): Stage {
  const stages: Stage[] = [];
  let open = pairs.flatMap(parts);
  while (open.length > 0) {
    const pair = open.find((candidate) => isSolvable(candidate, layout));
    if (pair === undefined) return () => () => false;
    stages.push(compilePair(pair, layout));
    open = open.filter((other) => other !== pair);
  }
  return (next) => link(stages, next);
}

/** Two arrays or objects of the same shape are pairs of what is in them. */
function parts([left, right]: Pair): readonly Pair[] {
  if (left.kind === 'array' && right.kind === 'array' && left.items.length === right.items.length) {
    return left.items.flatMap((item, at) => {
      const other = right.items[at];
      return other === undefined ? [] : parts([item, other]);
    });
  }
  if (left.kind !== 'object' || right.kind !== 'object') return [[left, right]];
  if (left.entries.length !== right.entries.length) return [[left, right]];
  const matched = left.entries.flatMap(([key, value]): readonly Pair[] => {
    const other = right.entries.find(([theirs]) => sameKey(key, theirs));
    return other === undefined ? [] : [[value, other[1]]];
  });
  return matched.length === left.entries.length ? matched.flatMap(parts) : [[left, right]];
}

function isSolvable([left, right]: Pair, layout: Layout): boolean {
  if (layout.isGround(left) || layout.isGround(right)) return true;
  return isIterable(left, layout) || isIterable(right, layout) || left.kind !== right.kind;
}

function isIterable(node: Node, layout: Layout): boolean {
  return node.kind === 'ref' && (typeof node.head === 'string' || layout.isBound(node.head));
}

function compilePair([left, right]: Pair, layout: Layout): Stage {
  if (isOpenRef(left, layout)) return iterateAgainst(left, right, layout);
  if (isOpenRef(right, layout)) return iterateAgainst(right, left, layout);
  const [ground, pattern] = layout.isGround(right) ? [right, left] : [left, right];
  if (!layout.isGround(ground)) return () => () => false;
  return against(compute(ground, layout), match(pattern, layout));
}

function isOpenRef(node: Node, layout: Layout): node is Extract<Node, { kind: 'ref' }> {
  return node.kind === 'ref' && !layout.isGround(node);
}

function against(computed: Compute, matches: Match): Stage {
  return (next) => (machine, frame) => {
    const value = computed(machine, frame);
    return value !== undefined && matches(machine, frame, value) && next(machine, frame);
  };
}

function iterateAgainst(ref: Extract<Node, { kind: 'ref' }>, other: Node, layout: Layout): Stage {
  const each = iterateRef(ref, layout, compute, match);
  if (isOpenRef(other, layout)) return iterateBoth(each, other, layout);
  const matches = match(other, layout);
  return (next) => each((machine, frame, value) => matches(machine, frame, value) && next(machine, frame));
}

function iterateBoth(
  each: (sink: Sink) => Step,
  other: Extract<Node, { kind: 'ref' }>,
  layout: Layout,
): Stage {
  const slot = layout.temporary();
  const eachOther = iterateRef(other, layout, compute, match);
  return (next) => {
    const inner = eachOther(
      (machine, frame, value) => equal(value, frame[slot] as Value) && next(machine, frame),
    );
    return each((machine, frame, value) => {
      frame[slot] = value;
      return inner(machine, frame);
    });
  };
}

function compileEvery(statement: EveryStatement, layout: Layout): Stage {
  const domain = compute(statement.domain, layout);
  const [key, value] = [statement.key, statement.value];
  const holds = layout.inside(() => {
    if (key !== undefined) layout.bind(key);
    layout.bind(value);
    return link(compileBody(statement.body, layout), succeed);
  });
  const keySlot = key === undefined ? layout.temporary() : layout.slot(key);
  const valueSlot = layout.slot(value);
  const check = (machine: Machine, frame: Frame, k: Value, v: Value): boolean => {
    machine.step(1);
    frame[keySlot] = k;
    frame[valueSlot] = v;
    return holds(machine, frame);
  };
  return (next) => (machine, frame) => {
    const values = domain(machine, frame);
    return (
      values !== undefined && forAll(values, (k, v) => check(machine, frame, k, v)) && next(machine, frame)
    );
  };
}

/** False for what is no collection. */
function forAll(values: Value, check: (key: Value, value: Value) => boolean): boolean {
  if (values instanceof RegoArray) return values.items.every((item, at) => check(at, item));
  if (values instanceof RegoObject) return values.keys.every((key) => check(key, values.get(key) ?? null));
  return values instanceof RegoSet && values.items.every((item) => check(item, item));
}

function compileLogical(statement: LogicalStatement, layout: Layout): Stage {
  const left = link(nested(statement.left, layout), succeed);
  const right = link(nested(statement.right, layout), succeed);
  return statement.operator === 'and'
    ? (next) => (machine, frame) => left(machine, frame) && right(machine, frame) && next(machine, frame)
    : (next) => (machine, frame) => (left(machine, frame) || right(machine, frame)) && next(machine, frame);
}
