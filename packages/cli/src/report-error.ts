import { CodedError, messageOf } from '@waybill/core';
import { printable } from './printable.ts';

/** One readable paragraph with the code; a stack only for `WAYBILL_DEBUG=1`. */
export function reportError(error: unknown, env: NodeJS.ProcessEnv): string {
  return printable(withoutTokens(textOf(error, env)));
}

/** A token in the wrong place of a command line must not go on into the log of the pipeline. */
function withoutTokens(text: string): string {
  return text.replaceAll(/\bwb_[\w-]{8,}/g, 'wb_…');
}

function textOf(error: unknown, env: NodeJS.ProcessEnv): string {
  const debug = env['WAYBILL_DEBUG'] === '1';
  const stack = debug && error instanceof Error ? `${stackOf(error)}\n` : '';
  if (error instanceof CodedError) return `waybill: ${error.message} [${error.code}]\n${stack}`;
  const hint = debug ? '' : '; WAYBILL_DEBUG=1 shows where';
  return `waybill: unexpected error: ${messageOf(error)}${hint} [internal]\n${stack}`;
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
