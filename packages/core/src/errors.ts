/**
 * The one error of Waybill. `code` is stable and documented, `message` tells a person what to do,
 * `detail` carries machine-readable facts that are safe to show (never secrets).
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(
    code: Code,
    message: string,
    options: { readonly cause?: unknown; readonly detail?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'CodedError';
    this.code = code;
    this.detail = options.detail ?? {};
  }
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
