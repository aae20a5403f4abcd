/** What `with` can replace: documents, but not parts of what rules define, and functions. */
import { signatureOf } from '../builtins/signatures.ts';
import { byPackage, type Global, globalsOf, ruleName, stringsOf } from '../plan/scope.ts';
import type { Expr, Location, Module, Term, With } from '../syntax/ast.ts';
import type { RegoErrorCode } from '../syntax/error.ts';
import { calledName, dottedName, isRootDocument } from '../syntax/names.ts';
import { visitRule } from '../syntax/visit.ts';
import type { Findings } from './findings.ts';
import type { RuleTree } from './rule-tree.ts';

const NO_TARGET = 'with keyword target must reference existing input, data, or a function';
const REPLACING = 'with keyword replacing built-in function:';
/** The compiler takes these apart itself. */
const FIXED: ReadonlySet<string> = new Set(['eq', 'rego.metadata.chain', 'rego.metadata.rule']);

/** `local` tells the modifiers whose target is a variable of the rule. */
export function checkWith(
  modules: readonly Module[],
  tree: RuleTree,
  local: ReadonlySet<With>,
  findings: Findings,
): void {
  const packages = byPackage(modules);
  for (const group of packages.values()) {
    const names = new Set(group.flatMap((module) => module.rules.map(ruleName)));
    for (const module of group) {
      const globals = globalsOf(module, names);
      for (const rule of module.rules) {
        visitRule(rule, {
          expr: (expr) => {
            if (isMetadataCall(expr)) return false;
            for (const modifier of expr.with) checkTarget(modifier, local.has(modifier));
            return false;
          },
        });
      }

      function checkTarget({ target }: With, isLocal: boolean): void {
        const problem = targetProblem(target, isLocal ? new Map() : globals, isLocal, tree);
        if (problem === undefined) return;
        const location: Location = target.location;
        findings.stop(problem.code, problem.message, location);
      }
    }
  }
}

/** Such a call is a constant, which no modifier changes. */
function isMetadataCall(expr: Expr): boolean {
  return expr.kind === 'term' && calledName(expr.term)?.startsWith('rego.metadata.') === true;
}

interface TargetProblem {
  readonly code: RegoErrorCode;
  readonly message: string;
}

function targetProblem(
  target: Term,
  globals: ReadonlyMap<string, Global>,
  isLocal: boolean,
  tree: RuleTree,
): TargetProblem | undefined {
  const head = target.kind === 'ref' ? target.head : target;
  const operands = target.kind === 'ref' ? target.path : [];
  const name = head.kind === 'var' ? head.name : '';
  if (isRootDocument(name)) return name === 'data' ? partOfRule(operands, [], tree) : undefined;
  const global = globals.get(name);
  if (global !== undefined)
    return global.root === 'data' ? partOfRule(operands, global.path, tree) : undefined;
  const called = target.kind === 'ref' ? dottedName(target) : name;
  if (isLocal || called === undefined) return { code: 'rego_type_error', message: NO_TARGET };
  return builtinProblem(called);
}

function partOfRule(
  operands: readonly Term[],
  prefix: readonly string[],
  tree: RuleTree,
): TargetProblem | undefined {
  const end = operands.findIndex(({ kind }) => kind !== 'string');
  const path = [...prefix, ...stringsOf(end < 0 ? operands : operands.slice(0, end))];
  const whole = end < 0 ? path.slice(0, -1) : path;
  let node: RuleTree | undefined = tree;
  for (const key of whole) {
    node = node?.child(key);
    if (node !== undefined && node.definitions.length > 0) {
      const message = 'with keyword cannot partially replace virtual document(s)';
      return { code: 'rego_compile_error', message };
    }
  }
  return undefined;
}

function builtinProblem(name: string): TargetProblem | undefined {
  const signature = signatureOf(name);
  if (signature === undefined) return { code: 'rego_type_error', message: NO_TARGET };
  const why = unreplaceable(name, signature.result === undefined);
  return why === undefined ? undefined : { code: 'rego_compile_error', message: `${REPLACING} ${why}` };
}

function unreplaceable(name: string, isVoid: boolean): string | undefined {
  if (FIXED.has(name)) return `replacement of "${name}" invalid`;
  if (name.startsWith('internal.')) return `replacement of internal function "${name}" invalid`;
  if (name === 'walk') return 'target must not be a relation';
  return isVoid ? 'target must not be a void function' : undefined;
}
