/** What `opa check` finds in modules that could be parsed. */
import type { Clause, Statement } from '../plan/ir.ts';
import { type Lowering, lowerModules } from '../plan/modules.ts';
import { orderClause, unsafeHeads } from '../plan/order.ts';
import type { Module, RefTerm } from '../syntax/ast.ts';
import type { RegoProblem } from '../syntax/error.ts';
import { isGround } from '../syntax/ground.ts';
import { refText } from '../syntax/text.ts';
import { pathKey } from '../values/text.ts';
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
import { type Features, featuresOf } from './features.ts';
import { type Graph, graphOf } from './graph.ts';
import { prepareBody } from './prepare.ts';
import { type Definition, definitionOf, type RuleTree, treeOfDefinitions } from './rule-tree.ts';

export interface CheckOptions {
  /** As `--strict`: unused imports, arguments and variables, and names that hide documents. */
  readonly strict?: boolean;
  /** The base document, which rules must not hide. */
  readonly data?: Value;
  /** How many arguments functions of the host take, by their names. */
  readonly hostFunctions?: ReadonlyMap<string, number>;
  /** One of the modules that only asks: nothing can need its rules, and no clauses come of them. */
  readonly query?: Module | undefined;
}

/** What the check leaves for whoever evaluates the modules. */
export interface Analysis {
  /** All that is wrong, ten problems at most. */
  readonly problems: readonly RegoProblem[];
  /** Of modules without problems: what queries are lowered with, and the clauses in the order of evaluation. */
  readonly lowering: Lowering | undefined;
  readonly clauses: readonly Clause[];
}

/** All that is wrong with the modules. */
export function checkModules(modules: readonly Module[], options: CheckOptions = {}): readonly RegoProblem[] {
  return analyseModules(modules, options).problems;
}

/** Checks modules in the stages of OPA's compiler: the first stage that finds what others would stumble over is the last. */
export function analyseModules(all: readonly Module[], options: CheckOptions = {}): Analysis {
  const modules = all.toSorted((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)));
  const findings = new Findings();
  const check = new ModuleCheck(modules, options, findings);
  try {
    for (const stage of check.stages()) {
      stage();
      if (findings.stopped) break;
    }
  } catch (error) {
    // The stack ended: V8 has no other RangeError here.
    if (!(error instanceof RangeError)) throw error;
    findings.stop('rego_compile_error', 'terms are nested too deeply to be checked', NO_PLACE);
  }
  const problems = findings.sorted();
  if (problems.length > 0) return { problems, lowering: undefined, clauses: [] };
  return { problems, lowering: check.lowering, clauses: check.clauses };
}

class ModuleCheck {
  lowering: Lowering | undefined;
  readonly clauses: Clause[] = [];
  readonly #modules: readonly Module[];
  readonly #findings: Findings;
  readonly #strict: boolean;
  readonly #data: Value | undefined;
  readonly #host: ReadonlyMap<string, number>;
  readonly #query: Module | undefined;
  readonly #bodies = new Map<Definition, readonly Statement[]>();

  constructor(
    modules: readonly Module[],
    { strict = false, data, hostFunctions = new Map(), query }: CheckOptions,
    findings: Findings,
  ) {
    this.#modules = modules;
    this.#findings = findings;
    this.#strict = strict;
    this.#data = data;
    this.#host = hostFunctions;
    this.#query = query;
  }

  *stages(): Generator<() => void> {
    const modules = this.#modules;
    const findings = this.#findings;
    const strict = this.#strict;
    yield () => checkRootArguments(modules, findings);
    if (strict) yield () => checkUnusedImports(modules, findings);
    yield () => checkRootNames(modules, strict, findings);
    yield () => checkDuplicateImports(modules, strict, findings);
    let names: LocalNames = { hiddenCalls: [], localTargets: new Set() };
    yield () => {
      names = checkLocals(modules, strict, findings);
    };
    const annotations = new AnnotationSet(modules);
    const definitions = this.#lower(annotations);
    const features = featuresOf(modules);
    yield* this.#checkCaptured(definitions, features);
    yield () => findings.stopAll(annotations.problems);
    const tree = treeOfDefinitions(definitions.filter(({ module }) => module !== this.#query));
    if (features.modifiers) yield () => checkWith(modules, tree, names.localTargets, findings);
    yield () => this.#checkDefinitions(definitions, tree);
    yield () => {
      findings.stopAll(names.hiddenCalls);
      checkFunctions(definitions, (callee) => arityOf(callee, tree, this.#host), findings);
    };
    const scopeOf = ruleScopes(definitions);
    yield () => {
      for (const one of definitions) findings.stopAll(unsafeHeads(one.clause, scopeOf(one)));
    };
    yield () => this.#order(definitions, scopeOf);
    const graph = graphOf(definitions, tree);
    yield () => checkRecursion(tree, graph, findings);
    const checker = new TypeChecker(graph, tree, this.#host);
    yield () => this.#checkTypes(checker, graph, annotations);
    yield () => checkDeprecated(definitions, checker.builtins, strict, findings);
  }

  #lower(annotations: AnnotationSet): readonly Definition[] {
    const lowering = lowerModules(this.#modules, {
      hostFunctions: this.#host,
      metadata: (rule, module) => ({
        chain: () => annotations.chainOf(rule, module),
        rule: () => annotations.metadataOf(rule),
      }),
    });
    this.lowering = lowering;
    return lowering.rules.map(definitionOf);
  }

  *#checkCaptured(
    definitions: readonly Definition[],
    { templates, voidCalls }: Features,
  ): Generator<() => void> {
    if (templates) {
      yield () => {
        checkTemplateParts(this.#modules, this.#findings);
        checkCaptures(definitions, 'internal.template_string', this.#findings);
      };
    }
    if (!voidCalls) return;
    yield () => checkVoidCalls(this.#modules, this.#findings);
    yield () => checkCaptures(definitions, 'internal.print', this.#findings);
  }

  #checkDefinitions(definitions: readonly Definition[], tree: RuleTree): void {
    checkConflicts(tree, this.#findings);
    if (this.#data !== undefined) checkData(tree, this.#data, this.#findings);
    checkPackages(this.#modules, definitions, this.#findings);
  }

  #order(definitions: readonly Definition[], scopeOf: (definition: Definition) => string): void {
    for (const one of definitions) {
      const { ordered, problems } = orderClause(one.clause, scopeOf(one));
      this.#findings.stopAll(problems);
      if (one.module !== this.#query) this.clauses.push(ordered);
      keepBodies(one, ordered, this.#bodies);
    }
  }

  #checkTypes(checker: TypeChecker, graph: Graph, annotations: AnnotationSet): void {
    for (const one of inDependencyOrder(graph)) {
      const known = annotations.of(one.rule, one.module);
      checker.check(one, prepareBody(this.#bodies.get(one) ?? []), (env) =>
        applySchemas(known, env, one.rule.location),
      );
    }
    for (const problem of checker.problems.toSorted(byPlace)) this.#findings.add(problem);
  }
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
    const names = new Set(row.map((other) => pathKey(other.clause.path)));
    return names.size > 1 ? ` in rule ${nameText(rule.head.ref)}` : '';
  };
}

/** The ref of a rule as far as it is constant. */
function nameText(ref: RefTerm): string {
  const end = ref.path.findIndex((part) => !isGround(part));
  return refText(end < 0 ? ref : { ...ref, path: ref.path.slice(0, end) });
}
