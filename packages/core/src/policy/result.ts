import type { Json } from '../bytes/index.ts';
import { policyError } from './engine.ts';

/** What one program says. */
export interface ScriptResult {
  /** Null: it judged. Otherwise why it does not apply. */
  readonly skipped: string | null;
  /** It is as if the program were not there. */
  readonly ignored: boolean;
  readonly messages: readonly string[];
}

/**
 * Reads `result := {"skipped", "skip_reason", "ignore", "violations" or "findings"}`. A violation is text, or an object
 * with `message` or `msg`; one with `suppress: true` does not count.
 * Throws `policy_evaluation_failed` for anything else: a result that cannot be read is no result.
 */
export function readResult(result: Json | undefined): ScriptResult {
  if (result === undefined) throw unreadable('the program has no result for this evidence');
  if (typeof result !== 'object' || result === null || Array.isArray(result)) {
    throw unreadable('expected "result" to be an object');
  }
  const fields = result as Readonly<Record<string, Json>>;
  const skipped = flag(fields, 'skipped');
  const reason = fields['skip_reason'];
  return {
    skipped: skipped ? (typeof reason === 'string' && reason !== '' ? reason : 'the policy skips it') : null,
    ignored: flag(fields, 'ignore'),
    messages: messagesOf(fields, skipped),
  };
}

function flag(fields: Readonly<Record<string, Json>>, key: string): boolean {
  const value = fields[key] ?? false;
  if (typeof value !== 'boolean') throw unreadable(`expected "result.${key}" to be true or false`);
  return value;
}

function messagesOf(fields: Readonly<Record<string, Json>>, skipped: boolean): readonly string[] {
  const lists = [fields['violations'], fields['findings']].filter((list) => list !== undefined);
  if (lists.length === 0 && !skipped) throw unreadable('"result" has neither "violations" nor "findings"');
  return lists.flatMap((list) => {
    if (!Array.isArray(list)) throw unreadable('expected the violations to be a list or set');
    return (list as readonly Json[]).flatMap(messageOf);
  });
}

function messageOf(violation: Json): readonly string[] {
  if (typeof violation === 'string') return [violation];
  if (typeof violation === 'object' && violation !== null && !Array.isArray(violation)) {
    const { message, msg, suppress } = violation as Readonly<Record<string, Json>>;
    if (suppress === true) return [];
    const text = message ?? msg;
    if (typeof text === 'string') return [text];
  }
  throw unreadable('expected each violation to be text or to have a "message"');
}

function unreadable(text: string) {
  return policyError('policy_evaluation_failed', text);
}
