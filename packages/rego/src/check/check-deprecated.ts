import { signatureOf } from '../builtins/signatures.ts';
import type { Statement } from '../plan/ir.ts';
import type { Findings } from './findings.ts';
import { isV1 } from './names.ts';
import { chainOf, type Definition } from './rule-tree.ts';
import { walkStatements } from './walk.ts';

/**
 * Calls of built-ins that v1 does without. OPA looks for them only where types of arguments were checked for one:
 * `checked` are the built-ins for which they were.
 */
export function checkDeprecated(
  definitions: readonly Definition[],
  checked: ReadonlySet<string>,
  strict: boolean,
  findings: Findings,
): void {
  if (!checked.values().some(isDeprecated)) return;
  const report = (statement: Statement): false => {
    if (statement.kind !== 'call' || statement.callee.type !== 'builtin') return false;
    const { name } = statement.callee;
    if (!isDeprecated(name)) return false;
    const message = `deprecated built-in function calls in expression: ${name}`;
    findings.note('rego_type_error', message, statement.location);
    return false;
  };
  for (const { module, clause } of definitions.flatMap(chainOf)) {
    if (strict || isV1(module)) walkStatements(clause.body, { statement: report });
  }
}

function isDeprecated(name: string): boolean {
  return signatureOf(name)?.isDeprecated === true;
}
