/** What `opa check` finds in modules that could be parsed. */
import type { Clause, Statement } from '../plan/ir.ts';
import { lowerModules } from '../plan/modules.ts';
import { orderClause, unsafeHeads } from '../plan/order.ts';
import type { Module, RefTerm } from '../syntax/ast.ts';
import type { RegoProblem } from '../syntax/error.ts';
import { isGround } from '../syntax/ground.ts';
import { refText } from '../syntax/text.ts';
import type { Value } from '../values/value.ts';
import { AnnotationSet } from './annotation-set.ts';
import { applySchemas } from './rule-schemas.ts';
import { checkConflicts, checkData, checkPackages } from './check-conflicts.ts';
import { arityOf, checkFunctions } from './check-functions.ts';
import {
  checkDuplicateImports,
  checkRootArguments,
  checkRootNames,
  checkUnusedImports,
} from './check-imports.ts';
import { checkLocals, type LocalNames } from './check-locals.ts';
import { checkCaptures, checkTemplateParts, checkVoidCalls } from './check-captures.ts';
import { checkWith } from './check-with.ts';
import { checkRecursion, inDependencyOrder } from './check-recursion.ts';
import { TypeChecker } from './check-types.ts';
import { checkDeprecated } from './check-deprecated.ts';
import { byPlace, Findings } from './findings.ts';
import { NO_PLACE } from './names.ts';
import { graphOf } from './graph.ts';
import { prepareBody } from './prepare.ts';
import { type Definition, definitionOf, treeOfDefinitions } from './rule-tree.ts';

export interface CheckOptions {
  /** As `--strict`: unused imports, arguments and variables, and names that hide documents. */
  readonly strict?: boolean;
  /** The base document, which rules must not hide. */
  readonly data?: Value;
  /** How many arguments functions of the host take, by their names. */
  readonly hostFunctions?: ReadonlyMap<string, number>;
}

/** All that is wrong with the modules, ten problems at most; stages run in the order of OPA's compiler. */
export function checkModules(all: readonly Module[], options: CheckOptions = {}): readonly RegoProblem[] {
  const modules = all.toSorted((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)));
  const findings = new Findings();
  try {
    for (const stage of stages(modules, options, findings)) {
      stage();
      if (findings.stopped) break;
    }
  } catch (error) {
    // The stack ended: V8 has no other RangeError here.
    if (!(error instanceof RangeError)) throw error;
    findings.stop('rego_compile_error', 'terms are nested too deeply to be checked', NO_PLACE);
  }
  return findings.sorted();
}

function* stages(
  modules: readonly Module[],
  { strict = false, data, hostFunctions = new Map() }: CheckOptions,
  findings: Findings,
): Generator<() => void> {
  yield () => checkRootArguments(modules, findings);
  if (strict) yield () => checkUnusedImports(modules, findings);
  yield () => checkRootNames(modules, strict, findings);
  yield () => checkDuplicateImports(modules, strict, findings);
  let names: LocalNames = { hiddenCalls: [], localTargets: new Set() };
  yield () => {
    names = checkLocals(modules, strict, findings);
  };
  const definitions = lowerModules(modules, { hostFunctions }).rules.map(definitionOf);
  const tree = treeOfDefinitions(definitions);
  yield () => {
    checkTemplateParts(modules, findings);
    checkCaptures(definitions, 'internal.template_string', findings);
  };
  yield () => checkVoidCalls(modules, findings);
  yield () => checkCaptures(definitions, 'internal.print', findings);
  let annotations = new AnnotationSet([]);
  yield () => {
    annotations = new AnnotationSet(modules, findings);
  };
  yield () => checkWith(modules, tree, names.localTargets, findings);
  yield () => {
    checkConflicts(tree, findings);
    if (data !== undefined) checkData(tree, data, findings);
    checkPackages(modules, definitions, findings);
  };
  yield () => {
    findings.stopAll(names.hiddenCalls);
    checkFunctions(definitions, (callee) => arityOf(callee, tree, hostFunctions), findings);
  };
  const scopeOf = ruleScopes(definitions);
  yield () => {
    for (const one of definitions) findings.stopAll(unsafeHeads(one.clause, scopeOf(one)));
  };
  const bodies = new Map<Definition, readonly Statement[]>();
  yield () => {
    for (const one of definitions) {
      const { ordered, problems } = orderClause(one.clause, scopeOf(one));
      findings.stopAll(problems);
      keepBodies(one, ordered, bodies);
    }
  };
  const graph = graphOf(definitions, tree);
  yield () => checkRecursion(tree, graph, findings);
  const checker = new TypeChecker(graph, tree, hostFunctions);
  yield () => {
    for (const one of inDependencyOrder(graph)) {
      const known = annotations.of(one.rule, one.module);
      checker.check(one, prepareBody(bodies.get(one) ?? []), (env) =>
        applySchemas(known, env, one.rule.location),
      );
    }
    for (const problem of checker.problems.toSorted(byPlace)) findings.add(problem);
  };
  yield () => checkDeprecated(definitions, checker.builtins, strict, findings);
}

function keepBodies(
  definition: Definition,
  clause: Clause,
  bodies: Map<Definition, readonly Statement[]>,
): void {
  bodies.set(definition, clause.body);
  if (definition.else !== undefined && clause.else !== undefined) {
    keepBodies(definition.else, clause.else, bodies);
  }
}

/** Where one row holds rules of several names, a place alone does not tell which is meant. */
function ruleScopes(definitions: readonly Definition[]): (definition: Definition) => string {
  const rows = Map.groupBy(definitions, ({ rule }) => `${rule.location.file}:${rule.location.row}`);
  return ({ rule }) => {
    const row = rows.get(`${rule.location.file}:${rule.location.row}`) ?? [];
    const names = new Set(row.map((other) => JSON.stringify(other.clause.path)));
    return names.size > 1 ? ` in rule ${nameText(rule.head.ref)}` : '';
  };
}

/** The ref of a rule as far as it is constant. */
function nameText(ref: RefTerm): string {
  const end = ref.path.findIndex((part) => !isGround(part));
  return refText(end < 0 ? ref : { ...ref, path: ref.path.slice(0, end) });
}
