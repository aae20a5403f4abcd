import type { Location } from './ast.ts';

/** Codes that OPA reports for source text. */
export type RegoErrorCode =
  | 'rego_parse_error'
  | 'rego_compile_error'
  | 'rego_type_error'
  | 'rego_unsafe_var_error'
  | 'rego_recursion_error';

/** Something wrong with a module or query, as OPA words it. */
export interface RegoProblem {
  readonly code: RegoErrorCode;
  readonly message: string;
  /** Row 0: the problem has no place. */
  readonly location: Location;
  /** What was there and what was wanted, for type errors. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Thrown for source text that cannot be used: everything that is wrong with it. */
export class RegoSourceError extends Error {
  readonly problems: readonly RegoProblem[];

  constructor(problems: readonly RegoProblem[]) {
    super(shortened(problems.map(formatProblem).join('\n')));
    this.name = 'RegoSourceError';
    this.problems = problems;
  }

  /** The code of the first problem. */
  get code(): RegoErrorCode {
    return this.problems[0]?.code ?? 'rego_parse_error';
  }
}

/** Messages quote what strangers wrote, and go into answers and logs. */
const MAX_MESSAGE_LENGTH = 8000;

export function shortened(message: string): string {
  return message.length <= MAX_MESSAGE_LENGTH ? message : `${message.slice(0, MAX_MESSAGE_LENGTH)}…`;
}

/** `file:row: code: message`, as OPA prints errors. */
function formatProblem({ code, message, location }: RegoProblem): string {
  const place = location.row === 0 ? location.file : `${location.file}:${location.row}`;
  return place === '' ? `${code}: ${message}` : `${place}: ${code}: ${message}`;
}
