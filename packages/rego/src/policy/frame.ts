import type { Module } from '../syntax/ast.ts';
import { RegoSourceError } from '../syntax/error.ts';

/** What Chainloop puts into a policy where its author leaves it out; the lines of the source keep their numbers. */
const FRAME: Readonly<Record<string, string>> = {
  skipped: 'default skipped := true\nskipped := false if valid_input',
  skip_reason:
    'default skip_reason := ""\nskip_reason := "the file content is not recognized" if not valid_input',
  ignore: 'default ignore := false',
  valid_input: 'default valid_input := true',
};

/**
 * The rules that make a `result` of what the program says: `violations` is Chainloop's word, `deny` conftest's.
 * Throws RegoSourceError for a program with neither: it could only ever hold.
 */
export function frameOf(module: Module): string {
  const names = new Set(
    module.rules.map(({ head }) => (head.ref.head.kind === 'var' ? head.ref.head.name : '')),
  );
  const frame = Object.keys(FRAME).filter((rule) => !names.has(rule));
  if (names.has('result')) return linesOf(frame);
  const violations = ['violations', 'deny'].find((rule) => names.has(rule));
  if (violations === undefined) throw withoutVerdict(module);
  return `${linesOf(frame)}\nresult := {"skipped": skipped, "skip_reason": skip_reason, "ignore": ignore, "violations": ${violations}}`;
}

function linesOf(rules: readonly string[]): string {
  return rules.flatMap((rule) => FRAME[rule] ?? []).join('\n');
}

function withoutVerdict({ package: { location } }: Module): RegoSourceError {
  const message =
    'expected a rule "result", "violations" or "deny", found none of them: such a policy could never fail';
  return new RegoSourceError([{ code: 'rego_compile_error', message, location }]);
}
