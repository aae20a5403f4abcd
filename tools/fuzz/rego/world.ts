/** Rego as the targets call it: its two errors as CodedError, and limits by which no case ends by the clock. */
import { CodedError } from '@waybill/core';
import { EvaluationError, RegoSourceError } from '@waybill/rego';

export const SOURCE_CODES = [
  'rego_parse_error',
  'rego_compile_error',
  'rego_type_error',
  'rego_unsafe_var_error',
  'rego_recursion_error',
] as const;

export const EVALUATION_CODES = [
  'eval_builtin_error',
  'eval_type_error',
  'eval_conflict_error',
  'eval_with_merge_error',
  'eval_internal_error',
  'eval_steps_error',
  'eval_depth_error',
  'eval_input_error',
  'eval_result_error',
] as const;

/** The clock stands still: the steps alone have to be enough. */
export const LIMITS = { maxSteps: 100_000, clock: () => 0, maxResultBytes: 2 ** 20, seed: 1 } as const;

export function coded<Answer>(work: () => Answer): Answer {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof RegoSourceError || cause instanceof EvaluationError)) throw cause;
    throw new CodedError(cause.code, cause.message, { cause });
  }
}

/** What is dear to make and the same for all. */
export function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
