/** Watches an evaluation expression by expression: for explanations and coverage. */
import type { Statement } from '../plan/ir.ts';
import { allVariables, operandsOf } from '../plan/variables.ts';
import type { Location } from '../syntax/ast.ts';
import { RegoObject, type Value } from '../values/value.ts';
import type { Frame, Stage } from './code.ts';
import type { Layout } from './layout.ts';

/** What became of one expression; a part of it that is evaluated first is one of its own. */
export interface Observation {
  readonly location: Location;
  /** How often it was evaluated, and how often it held. */
  readonly tried: number;
  readonly held: number;
  /** The variables in it when it last did not hold. */
  readonly values: RegoObject;
}

interface Count {
  tried: number;
  held: number;
  values: RegoObject;
}

/** Gathers what happens in the evaluations that it is given to, of policies compiled with `observe`. */
export class Observer {
  private readonly counts = new Map<Location, Count>();

  /** All that was evaluated, in no particular order. */
  get observations(): readonly Observation[] {
    return [...this.counts].map(([location, count]) => ({ location, ...count }));
  }

  /** The expressions that were tried and never held: where the rules around them ended. */
  get failures(): readonly Observation[] {
    return this.observations.filter(({ held }) => held === 0).toSorted(byPlace);
  }

  /** The rows of each file that were evaluated, and those that were not. */
  coverage(locations: readonly Location[]): ReadonlyMap<string, Coverage> {
    const files = Map.groupBy(
      locations.filter(({ row }) => row > 0),
      ({ file }) => file,
    );
    return new Map([...files].map(([file, all]) => [file, this.rowsOf(all)]));
  }

  try(location: Location): Count {
    let count = this.counts.get(location);
    if (count === undefined) {
      count = { tried: 0, held: 0, values: RegoObject.empty };
      this.counts.set(location, count);
    }
    count.tried++;
    return count;
  }

  hold(location: Location): void {
    const count = this.counts.get(location);
    if (count !== undefined) count.held++;
  }

  private rowsOf(locations: readonly Location[]): Coverage {
    const covered = new Set(locations.filter((place) => this.counts.has(place)).map(({ row }) => row));
    const others = new Set(locations.map(({ row }) => row)).difference(covered);
    return { covered: [...covered].sort(byNumber), notCovered: [...others].sort(byNumber) };
  }
}

export interface Coverage {
  readonly covered: readonly number[];
  readonly notCovered: readonly number[];
}

function byNumber(a: number, b: number): number {
  return a - b;
}

function byPlace({ location: a }: Observation, { location: b }: Observation): number {
  return a.file === b.file ? a.row - b.row || a.col - b.col : a.file < b.file ? -1 : 1;
}

/** The stage, telling the evaluation's observer when it is tried and when it holds. */
export function observed(statement: Statement, layout: Layout, compile: () => Stage): Stage {
  const { location } = statement;
  layout.compiler.program.observed.push(location);
  const named = [...allVariables(...operandsOf(statement))]
    .filter((variable) => !variable.isGenerated && layout.isBound(variable))
    .map((variable) => [variable.name, layout.slot(variable)] as const);
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
      if (count !== undefined && count.held === before) count.values = valuesOf(named, frame);
      return ended;
    };
  };
}

function valuesOf(named: readonly (readonly [name: string, slot: number])[], frame: Frame): RegoObject {
  return RegoObject.of(
    named.flatMap(([name, slot]) => {
      const value = frame[slot];
      return value === undefined ? [] : [[name, value as Value] as const];
    }),
  );
}
