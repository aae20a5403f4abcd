/** All modules of a policy as clauses, and queries over them. */
import { signatureOf } from '../builtins/signatures.ts';
import type { Body, Module, Rule } from '../syntax/ast.ts';
import { RegoArray, RegoObject, type Value } from '../values/value.ts';
import type { Callee, Clause, Statement, Variable } from './ir.ts';
import { lowerBody, lowerWith } from './lower-body.ts';
import { lowerRule } from './lower-rule.ts';
import type { LowerContext } from './lower-term.ts';
import { byPackage, declaredNames, globalsOf, ruleName, Scope, stringsOf } from './scope.ts';

/** A rule before its body is in order. */
export interface LoweredRule {
  readonly clause: Clause;
  readonly rule: Rule;
  readonly module: Module;
}

export interface LowerOptions {
  /** How many arguments functions of the host take, by their names. */
  readonly hostFunctions?: ReadonlyMap<string, number>;
  readonly metadata?: MetadataOf;
}

/** What `rego.metadata.chain()` and `.rule()` give in a rule. */
export type MetadataOf = (rule: Rule, module: Module) => LowerContext['metadata'];

export interface Lowering {
  readonly rules: readonly LoweredRule[];
  /** A query may name packages, as `data.…`, only. */
  query(body: Body): LoweredQuery;
}

export interface LoweredQuery {
  readonly body: readonly Statement[];
  /** Those that the answers bind, by the names that they are written with. */
  readonly variables: readonly Variable[];
}

export function lowerModules(modules: readonly Module[], options: LowerOptions = {}): Lowering {
  const packages = byPackage(modules);
  const arityOf = arities(modules, options.hostFunctions);
  const context = (metadata: LowerContext['metadata']): LowerContext => ({
    arityOf,
    metadata,
    lowerBody,
    lowerWith,
  });
  const rules = [...packages.values()].flatMap((group) => {
    const names = new Set(group.flatMap((module) => module.rules.map(ruleName)));
    return group.flatMap((module) => {
      const globals = globalsOf(module, names);
      return module.rules.map((rule): LoweredRule => {
        const metadata = options.metadata?.(rule, module) ?? NO_METADATA;
        return { clause: lowerRule(rule, module, globals, context(metadata)), rule, module };
      });
    });
  });
  return { rules, query: (body) => lowerQuery(body, context(NO_METADATA)) };
}

const NO_METADATA = {
  chain: (): Value => RegoArray.empty,
  rule: (): Value => RegoObject.empty,
};

function lowerQuery(query: Body, context: LowerContext): LoweredQuery {
  const scope = new Scope(new Map(), declaredNames(query));
  const body: Statement[] = [];
  lowerBody(query, { scope, out: body, with: [], context });
  return { body, variables: scope.variables.filter(({ name }) => !name.startsWith('$')) };
}

/** Of functions that rules define, of built-ins and of the host's functions. */
function arities(
  modules: readonly Module[],
  host: ReadonlyMap<string, number> = new Map(),
): LowerContext['arityOf'] {
  const functions = new Map<string, number>();
  for (const module of modules) {
    const packagePath = stringsOf(module.package.path.path);
    for (const { head } of module.rules.filter((rule) => rule.head.args !== undefined)) {
      const name = head.ref.head.kind === 'var' ? head.ref.head.name : '';
      const path = [...packagePath, name, ...stringsOf(head.ref.path)];
      functions.set(JSON.stringify(path), head.args?.length ?? 0);
    }
  }
  return (callee: Callee) =>
    callee.type === 'function'
      ? functions.get(JSON.stringify(callee.path))
      : (host.get(callee.name) ?? signatureOf(callee.name)?.args.length);
}
