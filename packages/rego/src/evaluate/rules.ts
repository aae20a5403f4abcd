/** Compiles rules: all clauses of one path, their defaults, and what is kept of them within one evaluation. */
import type { Clause } from '../plan/ir.ts';
import type { RuleGroup } from '../plan/tree.ts';
import { equal } from '../values/order.ts';
import { termText } from '../values/text.ts';
import type { Value } from '../values/value.ts';
import {
  compileEntry,
  compileMember,
  compileSingle,
  type PartialClause,
  type SingleClause,
} from './clause.ts';
import { NestedCollector, SetCollector } from './collector.ts';
import { conflict, EvaluationError } from './error.ts';
import type { Compiler } from './layout.ts';
import { type Cached, IN_PROGRESS, type Machine, UNDEFINED } from './machine.ts';
import type { CompiledRule } from './program.ts';
import { indexed } from './rule-index.ts';

export function compileRule(group: RuleGroup, compiler: Compiler): CompiledRule {
  switch (group.kind) {
    case 'function':
      return compileFunction(group, compiler);
    case 'complete':
      return compileComplete(group, compiler);
    case 'set':
      return compileSet(group, compiler);
    case 'object':
      return compileObject(group, compiler);
  }
}

/** `data.a.b`, for messages. */
function ruleText({ path }: RuleGroup): string {
  return path.reduce<string>((text, name) => text + keyText(name), 'data');
}

function keyText(name: Value): string {
  return typeof name === 'string' && /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${termText(name)}]`;
}

function document(group: RuleGroup, evaluate: (machine: Machine) => Value | undefined): CompiledRule {
  const whole = (machine: Machine): Value | undefined => cached(group, machine, evaluate);
  return { group, evaluate: whole, evaluateFor: whole, call: () => undefined };
}

/** A rule is evaluated once over the same documents. */
function cached(
  group: RuleGroup,
  machine: Machine,
  evaluate: (machine: Machine) => Value | undefined,
): Value | undefined {
  const { cache } = machine.context;
  const keep = (value: Cached): void => {
    cache[group.id] = value;
  };
  return settled(group, machine, { known: cache[group.id], keep, evaluate });
}

interface Settling {
  readonly known: Cached | undefined;
  readonly keep: (value: Cached) => void;
  readonly evaluate: (machine: Machine) => Value | undefined;
}

function settled(group: RuleGroup, machine: Machine, { known, keep, evaluate }: Settling): Value | undefined {
  if (known === UNDEFINED) return undefined;
  if (known === IN_PROGRESS) {
    throw new EvaluationError('eval_internal_error', `rule ${ruleText(group)} needs itself`, group.location);
  }
  if (known !== undefined) return known;
  machine.step(1);
  keep(IN_PROGRESS);
  const value = evaluate(machine);
  keep(value === undefined ? UNDEFINED : value);
  return value;
}

const NO_ARGS: readonly Value[] = [];

function compileComplete(group: RuleGroup, compiler: Compiler): CompiledRule {
  const reason = `rule ${ruleText(group)} produced conflicting values`;
  const clauses = group.clauses.map((clause) => compileSingle(clause, compiler, reason));
  const defaults = group.defaults.map((clause) => compileSingle(clause, compiler, reason));
  const candidates = indexed(group.clauses, clauses);
  const findsOne = isOneConstant(clauses);
  return document(group, (machine) => {
    const value = agreed(candidates(machine, NO_ARGS), machine, NO_ARGS, findsOne, reason);
    return value === undefined ? agreed(defaults, machine, NO_ARGS, true, reason) : value;
  });
}

function isOneConstant(clauses: readonly SingleClause[]): boolean {
  const [first, ...others] = clauses;
  return (
    first?.constant !== undefined &&
    others.every(({ constant }) => constant !== undefined && equal(constant, first.constant ?? null))
  );
}

/** The value of all clauses that have one; they must agree. */
function agreed(
  clauses: readonly SingleClause[],
  machine: Machine,
  args: readonly Value[],
  findsOne: boolean,
  reason: string,
): Value | undefined {
  let result: Value | undefined;
  for (const clause of clauses) {
    const value = clause.run(machine, args);
    if (value === undefined) continue;
    if (findsOne) return value;
    if (result === undefined) result = value;
    else if (!equal(result, value)) throw conflict(reason, clause.clause.location);
  }
  return result;
}

function compileFunction(group: RuleGroup, compiler: Compiler): CompiledRule {
  const reason = `function ${ruleText(group)} produced conflicting values for the same inputs`;
  const clauses = group.clauses.map((clause) => compileSingle(clause, compiler, reason));
  const defaults = group.defaults.map((clause) => compileSingle(clause, compiler, reason));
  const candidates = indexed(group.clauses, clauses);
  const findsOne = isOneConstant(clauses);
  const evaluate = (machine: Machine, args: readonly Value[]): Value | undefined => {
    machine.step(1);
    const value = agreed(candidates(machine, args), machine, args, findsOne, reason);
    return value === undefined ? agreed(defaults, machine, args, true, reason) : value;
  };
  const none = (): undefined => undefined;
  return {
    group,
    evaluate: none,
    evaluateFor: none,
    call: (machine, args) => cachedCall(group.id, machine, args, evaluate),
  };
}

/** Calls with the same arguments give the same value over the same documents. Composites are the same by identity. */
function cachedCall(
  id: number,
  machine: Machine,
  args: readonly Value[],
  evaluate: (machine: Machine, args: readonly Value[]) => Value | undefined,
): Value | undefined {
  const { calls } = machine.context;
  let known = calls[id];
  if (known === undefined) {
    known = new Map();
    calls[id] = known;
  }
  const last = args.length - 1;
  for (let i = 0; i < last; i++) known = innerMap(known, args[i]);
  const key = args[last];
  const found = known.get(key) as Value | typeof UNDEFINED | undefined;
  if (found !== undefined) return found === UNDEFINED ? undefined : found;
  const value = evaluate(machine, args);
  known.set(key, value === undefined ? UNDEFINED : value);
  return value;
}

function innerMap(map: Map<unknown, unknown>, key: unknown): Map<unknown, unknown> {
  const known = map.get(key);
  if (known instanceof Map) return known as Map<unknown, unknown>;
  const inner = new Map<unknown, unknown>();
  map.set(key, inner);
  return inner;
}

function compileSet(group: RuleGroup, compiler: Compiler): CompiledRule {
  const clauses = group.clauses.map((clause) => compileMember(clause, compiler));
  const candidates = indexed(group.clauses, clauses);
  return document(group, (machine) => {
    const members = new SetCollector();
    for (const clause of candidates(machine, NO_ARGS)) clause(machine, members);
    return members.finish();
  });
}

function compileObject(group: RuleGroup, compiler: Compiler): CompiledRule {
  const clauses = group.clauses.map((clause) => compileEntry(clause, compiler));
  const whole = document(group, (machine) => collect(clauses, machine).finish());
  if (!group.clauses.some(hasConstantKey)) return whole;
  return { ...whole, evaluateFor: forKey(group, clauses, whole) };
}

function collect(clauses: readonly PartialClause<NestedCollector>[], machine: Machine): NestedCollector {
  const entries = new NestedCollector();
  for (const clause of clauses) clause(machine, entries);
  return entries;
}

function hasConstantKey({ suffix: [first] }: Clause): boolean {
  return first?.kind === 'constant';
}

/** Leaves out the clauses for other keys: these may need the very key that is asked for. */
function forKey(
  group: RuleGroup,
  clauses: readonly PartialClause<NestedCollector>[],
  whole: CompiledRule,
): CompiledRule['evaluateFor'] {
  return (machine, key) => {
    const known = machine.context.cache[group.id];
    if (known !== undefined && typeof known !== 'symbol') return whole.evaluate(machine);
    if (typeof key === 'object' && key !== null) return whole.evaluate(machine);
    const { calls } = machine.context;
    const parts = (calls[group.id] ??= new Map());
    return settled(group, machine, {
      known: parts.get(key) as Cached | undefined,
      keep: (value) => parts.set(key, value),
      evaluate: () => {
        const fitting = clauses.filter((_clause, at) => fits(group.clauses[at], key));
        return collect(fitting, machine).finish();
      },
    });
  };
}

function fits(clause: Clause | undefined, key: Value): boolean {
  const [first] = clause?.suffix ?? [];
  return first?.kind !== 'constant' || equal(first.value, key);
}
