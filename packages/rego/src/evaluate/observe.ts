/** Watches an evaluation expression by expression: for explanations and coverage. */
import type { Clause, RefNode, Statement } from '../plan/ir.ts';
import { allVariables, operandsOf } from '../plan/variables.ts';
import type { Location } from '../syntax/ast.ts';
import { RegoObject, type Value } from '../values/value.ts';
import { termText } from '../values/text.ts';
import type { Compute, Frame, Stage } from './code.ts';
import type { Layout } from './layout.ts';
import type { Machine } from './machine.ts';
import { compute } from './terms.ts';

/** What became of one expression; a part of it that is evaluated first is one of its own. */
export interface Observation {
  readonly location: Location;
  /** How often it was evaluated, and how often it held. */
  readonly tried: number;
  readonly held: number;
  /** The variables in it, and what it looked at in the input, when it last did not hold. */
  readonly values: RegoObject;
}

interface Count {
  tried: number;
  held: number;
  values: RegoObject;
}

/** A step of an evaluation. What is an expression's is its place; what is a rule's is the place of the rule. */
export interface TraceEvent {
  readonly type: 'enter' | 'exit' | 'eval' | 'fail' | 'note';
  readonly location: Location;
  /** How many rules are being evaluated around it. */
  readonly depth: number;
  /** Of a failed expression, as in its `Observation`. */
  readonly values: RegoObject;
  readonly note: string | undefined;
}

/** Gathers what happens in the evaluations that it is given to, of policies compiled with `observe`. */
export class Observer {
  readonly #counts = new Map<Location, Count>();
  readonly #exits = new Map<Location, number>();
  readonly #listener: ((event: TraceEvent) => void) | undefined;
  #depth = 0;
  #lastTried: Location | undefined;

  /** `listener` hears of each step as it happens. */
  constructor(listener?: (event: TraceEvent) => void) {
    this.#listener = listener;
  }

  /** All that was evaluated, in no particular order. */
  get observations(): readonly Observation[] {
    return [...this.#counts].map(([location, count]) => ({ location, ...count }));
  }

  /** The expressions that were tried and never held: where the rules around them ended. */
  get failures(): readonly Observation[] {
    return this.observations.filter(({ held }) => held === 0).toSorted(byPlace);
  }

  /** The places of the rules that were evaluated to their end. */
  get exited(): readonly Location[] {
    return [...this.#exits.keys()];
  }

  enter(location: Location): void {
    this.#tell('enter', location);
    this.#depth++;
  }

  exit(location: Location): void {
    this.#exits.set(location, (this.#exits.get(location) ?? 0) + 1);
    this.#depth--;
    this.#tell('exit', location);
    this.#depth++;
  }

  leave(): void {
    this.#depth--;
  }

  /** About the expression that is being evaluated. */
  note(text: string): void {
    if (this.#lastTried !== undefined) this.#tell('note', this.#lastTried, RegoObject.empty, text);
  }

  fail(location: Location, values: RegoObject): void {
    this.#tell('fail', location, values);
  }

  try(location: Location): Count {
    this.#lastTried = location;
    this.#tell('eval', location);
    let count = this.#counts.get(location);
    if (count === undefined) {
      count = { tried: 0, held: 0, values: RegoObject.empty };
      this.#counts.set(location, count);
    }
    count.tried++;
    return count;
  }

  hold(location: Location): void {
    const count = this.#counts.get(location);
    if (count !== undefined) count.held++;
  }

  #tell(
    type: TraceEvent['type'],
    location: Location,
    values: RegoObject = RegoObject.empty,
    note?: string,
  ): void {
    this.#listener?.({ type, location, depth: this.#depth, values, note });
  }
}

function byPlace({ location: a }: Observation, { location: b }: Observation): number {
  return a.file === b.file ? a.row - b.row || a.col - b.col : a.file < b.file ? -1 : 1;
}

/** The stage, telling the evaluation's observer when it is tried and when it holds. */
export function observed(statement: Statement, layout: Layout, compile: () => Stage): Stage {
  const { location } = statement;
  layout.compiler.program.observed.push(location);
  const named = namedValues(statement, layout);
  const stage = compile();
  return (next) => {
    const inner = stage((machine, frame) => {
      machine.options.observer?.hold(location);
      return next(machine, frame);
    });
    return (machine, frame) => {
      const count = machine.options.observer?.try(location);
      const before = count?.held;
      const ended = inner(machine, frame);
      if (count !== undefined && count.held === before) {
        count.values = valuesOf(named, machine, frame);
        machine.options.observer?.fail(location, count.values);
      }
      return ended;
    };
  };
}

/** The body of a clause, telling the observer when the rule is entered, found to hold, and left. */
export function observedClause(
  { location }: Clause,
  layout: Layout,
  stages: readonly Stage[],
): readonly Stage[] {
  if (!layout.compiler.program.isObserved) return stages;
  const entered: Stage = (next) => (machine, frame) => {
    const { observer } = machine.options;
    observer?.enter(location);
    const ended = next(machine, frame);
    observer?.leave();
    return ended;
  };
  const held: Stage = (next) => (machine, frame) => {
    machine.options.observer?.exit(location);
    return next(machine, frame);
  };
  return [entered, ...stages, held];
}

type Named = readonly (readonly [name: string, value: Compute])[];

/** Variables, and what the expression looks at in the input or in them. Rules are told of where they are evaluated. */
function namedValues(statement: Statement, layout: Layout): Named {
  const operands = operandsOf(statement);
  const variables = [...allVariables(...operands)]
    .filter((variable) => !variable.isGenerated && layout.isBound(variable))
    .map((variable): Named[number] => {
      const slot = layout.slot(variable);
      return [variable.name, (_machine, frame) => frame[slot] as Value | undefined];
    });
  const refs = operands
    .filter((node): node is RefNode => node.kind === 'ref' && node.head !== 'data' && node.path.length > 0)
    .map((node): Named[number] => [refName(node), compute(node, layout)]);
  return [...variables, ...refs];
}

function refName({ head, path }: RefNode): string {
  const parts = path.map((part) => {
    if (part.kind === 'variable') return `[${part.variable.isGenerated ? '_' : part.variable.name}]`;
    if (part.kind !== 'constant') return '[…]';
    const { value } = part;
    return typeof value === 'string' && NAME.test(value) ? `.${value}` : `[${termText(value)}]`;
  });
  return `${typeof head === 'string' ? head : head.name}${parts.join('')}`;
}

const NAME = /^[A-Za-z_]\w*$/;

function valuesOf(named: Named, machine: Machine, frame: Frame): RegoObject {
  return RegoObject.of(
    named.flatMap(([name, value]) => {
      const found = value(machine, frame);
      return found === undefined ? [] : [[name, found] as const];
    }),
  );
}
