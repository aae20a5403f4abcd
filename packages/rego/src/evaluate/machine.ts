/** One evaluation: its documents, its limits, and what it has found out so far. */
import type { BuiltinContext } from '../builtins/builtin.ts';
import type { Callee } from '../plan/ir.ts';
import type { Location } from '../syntax/ast.ts';
import { shortened } from '../syntax/error.ts';
import { metered, spend } from '../values/meter.ts';
import type { Value } from '../values/value.ts';
import { EvaluationError } from './error.ts';
import type { Observer } from './observe.ts';

/** A rule that has been evaluated and has no value. */
export const UNDEFINED: unique symbol = Symbol('undefined');
/** A rule that is being evaluated. */
export const IN_PROGRESS: unique symbol = Symbol('in progress');
export type Cached = Value | typeof UNDEFINED | typeof IN_PROGRESS;

/** What stands for a function by `with`. */
export type Mock = { readonly value: Value } | Callee;

/** The documents, and what was computed from them: `with` makes another one. */
export interface Context {
  readonly input: Value | undefined;
  readonly data: Value;
  /** Paths below `data` that `with` has replaced: no rules count there. */
  readonly replaced: readonly (readonly Value[])[];
  readonly mocks: ReadonlyMap<string, Mock> | undefined;
  /** Of rules and closed comprehensions, by their numbers. */
  readonly cache: (Cached | undefined)[];
  /** By the number of the rule: of calls by their arguments, of documents by the first key. */
  readonly calls: (Map<unknown, unknown> | undefined)[];
}

export interface Limits {
  readonly maxSteps: number;
  /** A reading of `clock` after which the evaluation stops. */
  readonly deadline: number;
  readonly clock: () => number;
}

/** A failed call of a built-in, which leaves the call undefined. */
export interface BuiltinFailure {
  readonly code: 'eval_builtin_error' | 'eval_type_error';
  readonly message: string;
  readonly location: Location;
}

export type HostFunction = (...args: readonly Value[]) => Value | undefined;

export interface MachineOptions {
  readonly limits: Limits;
  readonly nowNs: bigint;
  readonly seed: number;
  /** The first failed call of a built-in ends the evaluation. */
  readonly isStrict: boolean;
  readonly hostFunctions: ReadonlyMap<string, HostFunction>;
  readonly observer: Observer | undefined;
  readonly print: ((text: string, location: Location) => void) | undefined;
}

/** How many steps go by between two looks at the clock. */
const CLOCK_INTERVAL = 2048;

export class Machine implements BuiltinContext {
  context: Context;
  readonly nowNs: bigint;
  readonly cache = new Map<string, unknown>();
  readonly failures: BuiltinFailure[] = [];
  readonly options: MachineOptions;
  #randomState: number;

  constructor(context: Context, options: MachineOptions) {
    this.context = context;
    this.options = options;
    this.nowNs = options.nowNs;
    this.#randomState = options.seed >>> 0;
  }

  /** Counts work; throws when steps or time have run out. */
  step(count: number): void {
    spend(count);
  }

  /** Mulberry32: small, and the same everywhere. */
  random(): number {
    this.#randomState = (this.#randomState + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#randomState ^ (this.#randomState >>> 15), this.#randomState | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A built-in has failed: the call is undefined, or the evaluation ends. */
  fail(failure: BuiltinFailure): undefined {
    if (this.options.isStrict) throw new EvaluationError(failure.code, failure.message, failure.location);
    if (this.failures.length < MAX_FAILURES) {
      this.failures.push({ ...failure, message: shortened(failure.message) });
    }
    return undefined;
  }

  /** Runs `work` within the limits of the evaluation. */
  within<Result>(work: () => Result): Result {
    return metered((steps) => this.#look(steps), work);
  }

  #look(steps: number): number {
    const { maxSteps, deadline, clock } = this.options.limits;
    if (!(steps <= maxSteps)) {
      throw new EvaluationError('eval_steps_error', `evaluation took more than ${maxSteps} steps`);
    }
    if (clock() > deadline) throw new EvaluationError('eval_cancel_error', 'evaluation passed its deadline');
    return Math.min(steps + CLOCK_INTERVAL, maxSteps + 1);
  }
}

/** Of a policy that fails for each member of a large input the first ones tell enough. */
const MAX_FAILURES = 100;
