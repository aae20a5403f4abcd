/** Calls of what is no function, or with too many or too few arguments. */
import { signatureOf } from '../builtins/signatures.ts';
import type { Callee, CallStatement } from '../plan/ir.ts';
import type { Findings } from './findings.ts';
import { chainOf, type Definition, type RuleTree } from './rule-tree.ts';
import { walkNode, walkStatements, type Walker } from './walk.ts';

export function checkFunctions(
  definitions: readonly Definition[],
  arityOfCallee: (callee: Callee) => number | undefined,
  findings: Findings,
): void {
  const walker: Walker = {
    statement: (statement) =>
      statement.kind === 'call' && checkCall(statement, arityOfCallee(statement.callee), findings),
  };
  for (const { clause } of definitions.flatMap(chainOf)) {
    for (const node of [...(clause.args ?? []), clause.key, clause.value]) if (node) walkNode(node, walker);
    walkStatements(clause.body, walker);
  }
}

/** True where the call is wrong: what is in it is not looked at then. */
function checkCall(statement: CallStatement, arity: number | undefined, findings: Findings): boolean {
  const name = calleeText(statement.callee);
  if (arity === undefined) {
    findings.stop('rego_type_error', `undefined function ${name}`, statement.location);
    return true;
  }
  if (statement.args.length === arity || isVariadic(statement)) return false;
  const given = statement.args.length + Number(isWritten(statement));
  const message =
    statement.callee.type === 'builtin'
      ? `${name}: arity mismatch`
      : `function ${name} has arity ${arity}, got ${given} argument${given === 1 ? '' : 's'}`;
  findings.stop('rego_type_error', message, statement.location);
  return true;
}

function isVariadic({ callee }: CallStatement): boolean {
  return callee.type === 'builtin' && signatureOf(callee.name)?.variadic !== undefined;
}

/** The result was asked for as a last argument. */
function isWritten({ output }: CallStatement): boolean {
  return output !== undefined && !(output.kind === 'variable' && output.variable.isGenerated);
}

export function calleeText(callee: Callee): string {
  return callee.type === 'builtin' ? callee.name : ['data', ...callee.path].join('.');
}

/** How many arguments the rule or built-in takes; none for a rule that is no function. */
export function arityOf(
  callee: Callee,
  tree: RuleTree,
  host: ReadonlyMap<string, number>,
): number | undefined {
  if (callee.type === 'builtin') return host.get(callee.name) ?? signatureOf(callee.name)?.args.length;
  const [first] = tree.find(callee.path)?.definitions ?? [];
  return first && (first.rule.head.args?.length ?? 0);
}
