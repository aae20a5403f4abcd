export interface CodedErrorOptions {
  readonly cause?: unknown;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * The one error of Waybill. `code` is stable and documented, `message` tells a person what to do,
 * `detail` carries machine-readable facts that are safe to show (never secrets).
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'CodedError';
    this.code = code;
    this.detail = options.detail ?? {};
  }
}

/** The maker of a room's errors: it takes the codes of that room only. */
export function errorsOf<Code extends string>() {
  return (code: Code, message: string, options?: CodedErrorOptions): CodedError<Code> =>
    new CodedError(code, message, options);
}

/** True when `error` is a CodedError, optionally one of the given codes. */
export function isCoded<Code extends string>(
  error: unknown,
  ...codes: readonly Code[]
): error is CodedError<Code> {
  return error instanceof CodedError && (codes.length === 0 || codes.includes(error.code as Code));
}

/** The text of anything thrown; for messages that quote a cause. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
