/** What a built-in function is, and what the evaluation lends to it. */
import type { Value } from '../values/value.ts';

/**
 * What one evaluation lends to the built-ins that it calls.
 * Nothing here outlives the evaluation.
 */
export interface BuiltinContext {
  /**
   * Counts work. Each loop of a built-in whose length an argument decides calls it,
   * and it throws the evaluation's own error when steps or time have run out.
   */
  step(count: number): void;
  /** Nanoseconds since 1970, the same throughout the evaluation. */
  readonly nowNs: bigint;
  /** The next of the evaluation's seeded random integers, in [0, 2^32). */
  random(): number;
  /** What built-ins keep within one evaluation, each under keys of its own. */
  readonly cache: Map<string, unknown>;
}

/** Gives the value of a call, or `undefined` where the call is undefined without being an error. */
export type Evaluate = (context: BuiltinContext, ...operands: readonly Value[]) => Value | undefined;

/**
 * Hands each value of a call to `emit` until that returns true ("enough"), and says whether it did.
 * `filter` is what the caller already knows of the path, from its root, `undefined` for what it does not.
 */
export type EvaluateRelation = (
  context: BuiltinContext,
  operand: Value,
  emit: (value: Value) => boolean,
  shape: WalkShape,
) => boolean;

/** What the caller will look at: lets `walk` skip what it will not. */
export interface WalkShape {
  /** The path is not asked for: an empty one is handed over instead. */
  readonly skipPath: boolean;
  /** Keys that the path must begin with; `undefined` where any will do. */
  readonly filter: readonly (Value | undefined)[];
}

export type Builtin =
  | { readonly type: 'function'; readonly evaluate: Evaluate }
  | { readonly type: 'relation'; readonly evaluate: EvaluateRelation };

/** A group of built-ins by name. */
export type BuiltinGroup = ReadonlyMap<string, Builtin>;

/** The two kinds of failure that leave a call undefined, or stop a strict evaluation. */
export type BuiltinErrorCode = 'eval_builtin_error' | 'eval_type_error';

/**
 * A call that has no value. The evaluator puts `<name>: ` before the message, and the place of the call.
 */
export class BuiltinError extends Error {
  override readonly name = 'BuiltinError';
  readonly code: BuiltinErrorCode;

  constructor(code: BuiltinErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The arguments have the right types and yet no result. */
export function builtinError(message: string): BuiltinError {
  return new BuiltinError('eval_builtin_error', message);
}

/** An argument has the wrong type or form. */
export function operandError(position: number, message: string): BuiltinError {
  return new BuiltinError('eval_type_error', `operand ${position} ${message}`);
}

/** A group from a table of plain functions. */
export function functions(table: Readonly<Record<string, Evaluate>>): BuiltinGroup {
  return new Map(Object.entries(table).map(([name, evaluate]) => [name, { type: 'function', evaluate }]));
}

/** Characters that are worth one step. */
const CHARACTERS_PER_STEP = 64;

/** Counts the work on a text of this many characters. */
export function stepText(context: BuiltinContext, characters: number): void {
  context.step(Math.ceil(characters / CHARACTERS_PER_STEP));
}

/** Groups as one; a later group's built-in replaces an earlier one's. */
export function merged(groups: readonly BuiltinGroup[]): BuiltinGroup {
  const all = new Map<string, Builtin>();
  for (const group of groups) for (const [name, builtin] of group) all.set(name, builtin);
  return all;
}
