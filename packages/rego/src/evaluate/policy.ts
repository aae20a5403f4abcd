/** A compiled policy as callers see it. */
import { type BuiltinGroup, merged } from '../builtins/builtin.ts';
import { OPERATORS } from '../builtins/operators.ts';
import { signatureOf } from '../builtins/signatures.ts';
import type { Clause } from '../plan/ir.ts';
import type { Lowering } from '../plan/modules.ts';
import type { Body, Location } from '../syntax/ast.ts';
import { parseQuery } from '../syntax/parse-module.ts';
import { parseJson, toJson } from '../values/json.ts';
import { RegoArray, RegoObject, type Value } from '../values/value.ts';
import { isStackOverflow } from './calls.ts';
import { type Answer, type CompiledPolicy, type CompiledQuery, compilePolicy } from './compile.ts';
import { EvaluationError } from './error.ts';
import { type BuiltinFailure, type HostFunction, Machine } from './machine.ts';
import type { Observer } from './observe.ts';

export interface CompileOptions {
  /** Groups of built-ins beside those of the core. */
  readonly builtins?: readonly BuiltinGroup[];
  /** How many arguments functions take that the host defines. */
  readonly hostFunctions?: ReadonlyMap<string, number>;
  /** Evaluations can be watched by an `Observer`; they are slower for it. */
  readonly observe?: boolean;
}

export interface EvaluateOptions {
  /** Undefined where it is left out. */
  readonly input?: Value | undefined;
  readonly data?: Value | undefined;
  /** Milliseconds; default 2,000. */
  readonly deadlineMs?: number;
  /** Default: a hundred million. */
  readonly maxSteps?: number;
  /** Nanoseconds since 1970; it stands still during the evaluation. Default 0. */
  readonly nowNs?: bigint;
  /** Of random numbers: the same seed gives the same ones. */
  readonly seed?: number;
  /** A failed built-in ends the evaluation instead of leaving its call undefined. */
  readonly strictBuiltinErrors?: boolean;
  /** By name: built-ins that need the host, and functions of its own. */
  readonly hostFunctions?: ReadonlyMap<string, HostFunction>;
  readonly observer?: Observer;
  readonly print?: (text: string, location: Location) => void;
  /** Milliseconds from any start. */
  readonly clock?: () => number;
}

export interface TextOptions extends Omit<EvaluateOptions, 'input'> {
  /** Default 64 MiB. */
  readonly maxInputBytes?: number;
  /** Default 16 MiB. */
  readonly maxResultBytes?: number;
}

export interface Evaluation {
  readonly answers: readonly Answer[];
  /** Built-ins that failed and left their calls undefined. */
  readonly failures: readonly BuiltinFailure[];
}

const DEFAULT_DEADLINE_MS = 2000;
const DEFAULT_MAX_STEPS = 100_000_000;
const DEFAULT_MAX_INPUT_BYTES = 64 * 1024 * 1024;
const DEFAULT_MAX_RESULT_BYTES = 16 * 1024 * 1024;

/** Modules that have been checked: what queries are lowered with, and the clauses in the order of evaluation. */
export interface CheckedModules {
  readonly packages: readonly (readonly string[])[];
  readonly lowering: Lowering;
  readonly clauses: readonly Clause[];
}

export class Policy {
  readonly #lowering: Lowering;
  readonly #compiled: CompiledPolicy;

  constructor({ packages, lowering, clauses }: CheckedModules, options: CompileOptions = {}) {
    const { hostFunctions } = options;
    this.#lowering = lowering;
    this.#compiled = compilePolicy(packages, clauses, {
      builtins: merged([OPERATORS, ...(options.builtins ?? [])]),
      isKnown: (name) => hostFunctions?.has(name) === true || signatureOf(name) !== undefined,
      isObserved: options.observe === true,
    });
  }

  /** The places of the rules' expressions that an observer is told of: what coverage is counted against. */
  get observed(): readonly Location[] {
    return this.#compiled.observed;
  }

  /** Compiles a query; throws RegoSourceError for one that cannot be used. */
  prepare(query: string): Query {
    return this.prepareBody(parseQuery(query));
  }

  prepareBody(body: Body): Query {
    return new Query(this.#compiled.query(this.#lowering.query(body)));
  }

  evaluate(query: string, options: EvaluateOptions = {}): Evaluation {
    return this.prepare(query).evaluate(options);
  }
}

export class Query {
  readonly #compiled: CompiledQuery;

  constructor(compiled: CompiledQuery) {
    this.#compiled = compiled;
  }

  /** The places of its expressions, in the order in which they are evaluated. */
  get order(): readonly Location[] {
    return this.#compiled.order;
  }

  /** Throws EvaluationError for what stops an evaluation. */
  evaluate(options: EvaluateOptions = {}): Evaluation {
    const machine = machineOf(options);
    return within(machine, () => ({ answers: this.#compiled.run(machine), failures: machine.failures }));
  }

  /** From the input's JSON in UTF-8 to the JSON of all answers, an array of objects: numbers keep their text. */
  evaluateText(input: Uint8Array, options: TextOptions = {}): string {
    const { maxInputBytes = DEFAULT_MAX_INPUT_BYTES, maxResultBytes = DEFAULT_MAX_RESULT_BYTES } = options;
    if (input.length > maxInputBytes) {
      throw new EvaluationError('eval_input_error', `the input has more than ${maxInputBytes} bytes`);
    }
    const machine = machineOf({ ...options, input: read(input) });
    return within(machine, () => {
      const answers = this.#compiled.run(machine).map((answer) => RegoObject.of(answer));
      return toJson(new RegoArray(answers), { maxLength: maxResultBytes });
    });
  }
}

function read(input: Uint8Array): Value {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(input));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EvaluationError('eval_input_error', `the input is no JSON in UTF-8: ${reason}`);
  }
}

function within<Result>(machine: Machine, work: () => Result): Result {
  try {
    return machine.within(work);
  } catch (error) {
    // Recursion follows the nesting of documents: where the stack ends they are nested too deep.
    if (isStackOverflow(error)) {
      throw new EvaluationError('eval_depth_error', 'the documents or rules are nested too deep');
    }
    // What JavaScript cannot hold, or what we do not compute.
    if (error instanceof RangeError) {
      throw new EvaluationError('eval_internal_error', error.message);
    }
    throw error;
  }
}

function machineOf(options: EvaluateOptions): Machine {
  const clock = options.clock ?? (() => performance.now());
  const { input, data = RegoObject.empty } = options;
  return new Machine(
    { input, data, replaced: [], mocks: undefined, cache: [], calls: [] },
    {
      limits: {
        maxSteps: options.maxSteps ?? DEFAULT_MAX_STEPS,
        deadline: clock() + (options.deadlineMs ?? DEFAULT_DEADLINE_MS),
        clock,
      },
      nowNs: options.nowNs ?? 0n,
      seed: options.seed ?? 0,
      isStrict: options.strictBuiltinErrors === true,
      hostFunctions: options.hostFunctions ?? new Map(),
      observer: options.observer,
      print: options.print,
    },
  );
}
