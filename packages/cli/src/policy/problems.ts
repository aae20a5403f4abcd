/** What is wrong with a policy, a query or their files, as OPA's output tells it. */
import { isCoded } from '@waybill/core';
import { type BuiltinFailure, EvaluationError, RegoSourceError } from '@waybill/rego';

export interface Problem {
  readonly message: string;
  readonly code?: string;
  readonly location?: { readonly file: string; readonly row: number; readonly col: number };
  readonly details?: unknown;
}

/** Throws again what is no fault of files, policies or queries. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof RegoSourceError) {
    return error.problems.map(({ code, message, location, details }) => ({
      message,
      code,
      ...(location.row === 0 ? {} : { location: placeOf(location) }),
      ...(details === undefined ? {} : { details }),
    }));
  }
  if (error instanceof EvaluationError) {
    const { code, reason, location } = error;
    return [{ message: reason, code, ...(location === undefined ? {} : { location: placeOf(location) }) }];
  }
  if (isCoded(error, 'cli_file', 'policy_file')) return [{ message: error.message }];
  throw error;
}

/** A built-in that failed and left its call undefined. */
export function failureProblem({ code, message, location }: BuiltinFailure): Problem {
  return { message, code, location: placeOf(location) };
}

function placeOf({ file, row, col }: { readonly file: string; readonly row: number; readonly col: number }) {
  return { file, row, col };
}

/** `1 error occurred: a.rego:3: rego_type_error: …` */
export function problemsText(problems: readonly Problem[]): string {
  const lines = problems.map(problemText);
  return lines.length === 1
    ? `1 error occurred: ${lines[0]}`
    : `${lines.length} errors occurred:\n${lines.join('\n')}`;
}

function problemText({ message, code, location }: Problem): string {
  const place =
    location === undefined
      ? ''
      : `${location.file === '' ? location.row : `${location.file}:${location.row}`}: `;
  return `${place}${code === undefined ? '' : `${code}: `}${message}`;
}
