/** What stops an evaluation. */
import type { Location } from '../syntax/ast.ts';
import { shortened } from '../syntax/error.ts';

/** Codes of OPA's evaluation, and those of our limits. */
export type EvaluationErrorCode =
  | 'eval_builtin_error'
  | 'eval_type_error'
  | 'eval_conflict_error'
  | 'eval_with_merge_error'
  | 'eval_cancel_error'
  | 'eval_internal_error'
  | 'eval_steps_error'
  | 'eval_depth_error'
  | 'eval_input_error'
  | 'eval_result_error';

export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  readonly code: EvaluationErrorCode;
  readonly location: Location | undefined;
  /** The message without its place and code. */
  readonly reason: string;

  /** The message is as OPA prints it: `file:row: code: reason`. */
  constructor(code: EvaluationErrorCode, reason: string, location?: Location) {
    const shown = shortened(reason);
    super(`${location === undefined ? '' : placeOf(location)}${code}: ${shown}`);
    this.code = code;
    this.reason = shown;
    this.location = location;
  }
}

function placeOf({ file, row }: Location): string {
  return file === '' ? `${row}: ` : `${file}:${row}: `;
}

export function conflict(reason: string, location: Location): EvaluationError {
  return new EvaluationError('eval_conflict_error', reason, location);
}
