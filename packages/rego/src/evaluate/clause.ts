/** Compiles one clause of a rule, and how its values come together. */
import type { Clause, Node } from '../plan/ir.ts';
import { equal } from '../values/order.ts';
import type { Value } from '../values/value.ts';
import { computeAll, type Frame, link, type Match, newFrame, type Step } from './code.ts';
import { NestedCollector, SetCollector } from './collector.ts';
import { conflict } from './error.ts';
import { type Compiler, Layout } from './layout.ts';
import type { Machine } from './machine.ts';
import { observedClause } from './observe.ts';
import { compute, match } from './terms.ts';

/** Gives the one value of the clause or of its `else`; `undefined` where no body holds. */
export interface SingleClause {
  readonly clause: Clause;
  /** The value if it is the same whatever the body finds. */
  readonly constant: Value | undefined;
  run(machine: Machine, args: readonly Value[]): Value | undefined;
}

export function compileSingle(clause: Clause, compiler: Compiler, reason: string): SingleClause {
  const layout = new Layout(compiler);
  const args = (clause.args ?? []).map((arg) => match(arg, layout));
  const stages = observedClause(clause, layout, compiler.compileBody(clause.body, layout));
  const value = clause.value ?? TRUE;
  const slot = layout.temporary();
  const body = link(stages, single(value, slot, clause, layout, reason));
  const otherwise = clause.else && compileSingle(clause.else, compiler, reason);
  const constant =
    value.kind === 'constant' && (otherwise === undefined || sameConstant(value.value, otherwise))
      ? value.value
      : undefined;
  return {
    clause,
    constant,
    run(machine, values) {
      const frame = newFrame(layout.size);
      if (!bindArgs(args, machine, frame, values)) return otherwise?.run(machine, values);
      body(machine, frame);
      const found = frame[slot] as Value | undefined;
      return found === undefined ? otherwise?.run(machine, values) : found;
    },
  };
}

const TRUE: Node = { kind: 'constant', value: true };

function sameConstant(value: Value, { constant }: SingleClause): boolean {
  return constant !== undefined && equal(value, constant);
}

function bindArgs(args: readonly Match[], machine: Machine, frame: Frame, values: readonly Value[]): boolean {
  for (let i = 0; i < args.length; i++) {
    if (args[i]?.(machine, frame, values[i] ?? null) !== true) return false;
  }
  return true;
}

/** Keeps the value; a second one must equal it. Where it cannot differ the first one is enough. */
function single(node: Node, slot: number, { location }: Clause, layout: Layout, reason: string): Step {
  const value = compute(node, layout);
  if (layout.isSettled(node)) {
    return (machine, frame) => {
      frame[slot] = value(machine, frame);
      return frame[slot] !== undefined;
    };
  }
  return (machine, frame) => {
    const found = value(machine, frame);
    const known = frame[slot] as Value | undefined;
    if (known === undefined) frame[slot] = found;
    else if (found !== undefined && !equal(known, found)) throw conflict(reason, location);
    return false;
  };
}

/** Adds what the clause finds to the collector. */
export type PartialClause<Kind> = (machine: Machine, collector: Kind) => void;

export function compileMember(clause: Clause, compiler: Compiler): PartialClause<SetCollector> {
  const layout = new Layout(compiler);
  const stages = observedClause(clause, layout, compiler.compileBody(clause.body, layout));
  const key = compute(clause.key ?? TRUE, layout);
  const slot = layout.temporary();
  const body = link(stages, (machine, frame) => {
    const member = key(machine, frame);
    const collector = frame[slot];
    if (member !== undefined && collector instanceof SetCollector) collector.add(member);
    return false;
  });
  return run(body, slot, layout);
}

export function compileEntry(clause: Clause, compiler: Compiler): PartialClause<NestedCollector> {
  const layout = new Layout(compiler);
  const stages = observedClause(clause, layout, compiler.compileBody(clause.body, layout));
  const path = clause.suffix.map((part) => compute(part, layout));
  const leaf = compute(clause.value ?? clause.key ?? TRUE, layout);
  const isMember = clause.value === undefined;
  const slot = layout.temporary();
  const body = link(stages, (machine, frame) => {
    const collector = frame[slot];
    const keys = computeAll(path, machine, frame);
    const value = leaf(machine, frame);
    if (keys === undefined || value === undefined || !(collector instanceof NestedCollector)) return false;
    if (isMember) collector.addMember(keys, value, clause.location);
    else collector.addValue(keys, value, clause.location);
    return false;
  });
  return run(body, slot, layout);
}

function run<Kind extends SetCollector | NestedCollector>(
  body: Step,
  slot: number,
  layout: Layout,
): PartialClause<Kind> {
  return (machine, collector) => {
    const frame = newFrame(layout.size);
    frame[slot] = collector;
    body(machine, frame);
  };
}
