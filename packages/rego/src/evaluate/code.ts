/** What clauses are compiled to: closures over the slots of a frame. */
import type { Value } from '../values/value.ts';
import type { Collector } from './collector.ts';
import type { Context, Machine } from './machine.ts';

/** The variables of one clause that is being evaluated, and what its comprehensions gather. */
export type Frame = (Value | Collector | Context | undefined)[];

/** Goes on with the rest of the body; true ends the search for more. */
export type Step = (machine: Machine, frame: Frame) => boolean;
/** `undefined` where the term is undefined. */
export type Compute = (machine: Machine, frame: Frame) => Value | undefined;
/** Takes one value of a term that may have many. */
export type Sink = (machine: Machine, frame: Frame, value: Value) => boolean;
/** Whether a value fits a pattern, whose variables it binds. */
export type Match = Sink;
/** A statement, which goes on with what follows it. */
export type Stage = (next: Step) => Step;

export const succeed: Step = () => true;

export function link(stages: readonly Stage[], last: Step): Step {
  return stages.reduceRight((next, stage) => stage(next), last);
}

export function newFrame(size: number): Frame {
  // oxlint-disable-next-line no-new-array -- at its size: one that grows by itself has room for seventeen
  return new Array(size);
}

/** The values of all; `undefined` where one has none. */
export function computeAll(args: readonly Compute[], machine: Machine, frame: Frame): Value[] | undefined {
  // oxlint-disable-next-line no-new-array -- as above
  const values: Value[] = new Array(args.length);
  for (let i = 0; i < args.length; i++) {
    const value = args[i]?.(machine, frame);
    if (value === undefined) return undefined;
    values[i] = value;
  }
  return values;
}
