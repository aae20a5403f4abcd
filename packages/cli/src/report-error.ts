import { CodedError, messageOf } from '@waybill/core';
import { exitCodeOf } from './exit.ts';
import { type LogFormat, messageLine, withoutTokens } from './messages.ts';
import { printable } from './printable.ts';

/** One readable paragraph with the code, or one line of JSON; a stack only for `WAYBILL_DEBUG=1`. */
export function reportError(error: unknown, env: NodeJS.ProcessEnv, format: LogFormat = 'text'): string {
  const debug = env['WAYBILL_DEBUG'] === '1';
  return format === 'json' ? lineOf(error, debug) : printable(withoutTokens(textOf(error, debug)));
}

function lineOf(error: unknown, debug: boolean): string {
  return messageLine('error', messageOf(error), {
    code: error instanceof CodedError ? error.code : 'internal',
    exit: exitCodeOf(error),
    ...(debug && error instanceof Error && { stack: stackOf(error) }),
  });
}

function textOf(error: unknown, debug: boolean): string {
  const stack = debug && error instanceof Error ? `${stackOf(error)}\n` : '';
  if (error instanceof CodedError) return `waybill: ${error.message} [${error.code}]\n${stack}`;
  const hint = debug ? '' : '; WAYBILL_DEBUG=1 shows where';
  return `waybill: unexpected error: ${messageOf(error)}${hint} [internal]\n${stack}`;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
