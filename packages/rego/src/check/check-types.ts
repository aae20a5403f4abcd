/** Types of expressions: what can never be equal, never be an argument, never be there. */
import type { ComprehensionNode, Node, Statement, With } from '../plan/ir.ts';
import type { RegoProblem } from '../syntax/error.ts';
import { pathKey } from '../values/text.ts';
import type { Value } from '../values/value.ts';
import { calleeText } from './check-functions.ts';
import { checkExpression, type TypeProblem } from './check-expression.ts';
import { checkRefs } from './check-refs.ts';
import { type Graph, selectedBy } from './graph.ts';
import type { Definition, RuleTree } from './rule-tree.ts';
import { ANY, objectOf, or, setOf, type Type, type Unknown } from './type.ts';
import { TypeEnv } from './type-env.ts';
import { typeOfDefinition } from './type-of-definition.ts';
import { insertType } from './type-tree.ts';
import { argumentsText } from './type-text.ts';
import { unifies, unifyTerm } from './type-unify.ts';
import { bodiesOf, nodesOf, type Walker, walkNode, walkStatements } from './walk.ts';

/** A comprehension as far as it was understood. */
interface Comprehended {
  readonly type: Type | Unknown;
  readonly problems: readonly RegoProblem[];
}

export class TypeChecker {
  readonly problems: RegoProblem[] = [];
  /** The built-ins whose arguments were looked at. */
  readonly builtins = new Set<string>();
  readonly #env = TypeEnv.outermost((node, env) => this.#comprehension(node, env).type);
  readonly #comprehensions = new Map<ComprehensionNode, Comprehended>();
  readonly #dependentPaths = new Map<string, readonly (readonly Value[])[]>();
  readonly #graph: Graph;
  readonly #tree: RuleTree;
  /** Functions of the host take and give anything. */
  readonly #host: ReadonlyMap<string, number>;

  constructor(graph: Graph, tree: RuleTree, host: ReadonlyMap<string, number>) {
    this.#graph = graph;
    this.#tree = tree;
    this.#host = host;
  }

  /**
   * Checks a definition and keeps its type for those that need it, which come later.
   * The body is in the order of evaluation, see `prepareBody`; `known` are types of documents that it may rely on.
   */
  check(
    definition: Definition,
    body: readonly Statement[],
    known: (env: TypeEnv) => readonly RegoProblem[] = () => [],
  ): void {
    const outer = this.#env.inner();
    this.problems.push(...known(outer));
    const { env, problems } = this.#body(body, outer);
    this.problems.push(...problems);
    const root = this.#env.root('data');
    const path = constantPath(definition);
    if (problems.length > 0) root.put(path, ANY);
    else {
      const type = typeOfDefinition(definition, env);
      if (type !== undefined) insertType(root, path, type);
    }
  }

  #body(
    body: readonly Statement[],
    around: TypeEnv,
  ): { readonly env: TypeEnv; readonly problems: RegoProblem[] } {
    const env = around.inner();
    const problems = body.flatMap((statement) => this.#statement(statement, this.#withEnv(statement, env)));
    return { env, problems };
  }

  #statement(statement: Statement, env: TypeEnv): readonly RegoProblem[] {
    if (statement.kind === 'call' && statement.callee.type === 'builtin') {
      this.builtins.add(statement.callee.name);
    }
    const before = [...this.#closures(statement, env), ...checkRefs(statement, env)];
    const problem = checkModifiers(statement.with, env) ?? this.#expression(statement, env);
    if (problem === undefined) return before;
    // What came of something unknown is a consequence of what made it unknown.
    return before.length > 0 && problem.isOfUnknown ? before : [...before, problem.problem];
  }

  #expression(statement: Statement, env: TypeEnv): TypeProblem | undefined {
    const isHosts =
      statement.kind === 'call' &&
      statement.callee.type === 'builtin' &&
      this.#host.has(statement.callee.name);
    if (!isHosts) return checkExpression(statement, env);
    for (const operand of nodesOf(statement)) unifyTerm(env, operand, ANY);
    return undefined;
  }

  /** Comprehensions have bodies of their own; those within them are checked with them. */
  #closures(statement: Statement, env: TypeEnv): readonly RegoProblem[] {
    const problems: RegoProblem[] = [];
    const walker: Walker = {
      node: (node: Node) => {
        if (node.kind !== 'comprehension') return false;
        problems.push(...this.#comprehension(node, env).problems);
        return true;
      },
    };
    for (const node of nodesOf(statement)) walkNode(node, walker);
    for (const body of bodiesOf(statement)) walkStatements(body, walker);
    return problems;
  }

  #comprehension(node: ComprehensionNode, env: TypeEnv): Comprehended {
    let result = this.#comprehensions.get(node);
    if (result === undefined) {
      result = this.#comprehend(node, env);
      this.#comprehensions.set(node, result);
    }
    return result;
  }

  #comprehend(node: ComprehensionNode, around: TypeEnv): Comprehended {
    const { env, problems } = this.#body(node.body, around);
    if (problems.length > 0) return { type: undefined, problems };
    const value = env.typeOf(node.value);
    if (node.type === 'array') return { type: { type: 'array', static: [], dynamic: value }, problems };
    if (node.type === 'set') return { type: setOf(value), problems };
    return { type: objectOf([], { key: node.key && env.typeOf(node.key), value }), problems };
  }

  /** Behind modifiers, documents can be what they replace them with, too, and all that depends on these anything. */
  #withEnv(statement: Statement, env: TypeEnv): TypeEnv {
    if (statement.with.length === 0) return env;
    let result = env;
    const replaced: {
      readonly root: 'data' | 'input';
      readonly path: readonly Value[];
      readonly type: Type;
    }[] = [];
    for (const { target, value } of statement.with) {
      if (target.type === 'builtin') continue;
      const isFunction = target.type === 'function';
      if (target.type !== 'input') {
        const layer = this.#dependentsAsAny(target.path, isFunction);
        if (layer !== undefined) result = layer(result);
      }
      if (isFunction) continue;
      const path = target.path.map((key) => ({ kind: 'constant', value: key }) as const);
      const known = env.ofRef(target.type, path);
      const given = 'kind' in value ? env.typeOf(value) : env.ofCallee(value);
      const type = known === undefined || given === undefined ? ANY : (or(known, given) ?? ANY);
      replaced.push({ root: target.type, path: target.path, type });
    }
    if (replaced.length === 0) return result;
    const own = result.sharingVariables();
    for (const { root, path, type } of replaced) own.root(root).put(path, type);
    return own;
  }

  /** What the documents at the path, or those that need them, define can be anything. */
  #dependentsAsAny(path: readonly Value[], isFunction: boolean): ((env: TypeEnv) => TypeEnv) | undefined {
    const paths = this.#dependents(path).filter((one) => !(isFunction && isSamePath(one, path)));
    if (paths.length === 0) return undefined;
    return (env) => {
      const layer = env.sharingVariables();
      for (const one of paths) layer.root('data').put(one, ANY);
      return layer;
    };
  }

  #dependents(path: readonly Value[]): readonly (readonly Value[])[] {
    const key = pathKey(path);
    let paths = this.#dependentPaths.get(key);
    if (paths === undefined) {
      paths = [...dependentsOf(selectedBy(path, this.#tree), this.#graph)].map(constantPath);
      this.#dependentPaths.set(key, paths);
    }
    return paths;
  }
}

function isSamePath(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((key, at) => key === b[at]);
}

/** The definitions, and all that need them by whatever way. */
function dependentsOf(start: ReadonlySet<Definition>, graph: Graph): ReadonlySet<Definition> {
  const reached = new Set(start);
  for (let size = -1; size !== reached.size; ) {
    size = reached.size;
    for (const [definition, needed] of graph) {
      if (!reached.has(definition) && needed.keys().some((one) => reached.has(one))) reached.add(definition);
    }
  }
  return reached;
}

function constantPath({ path }: Definition): readonly Value[] {
  const end = path.indexOf(undefined);
  return path.slice(0, end < 0 ? undefined : end).filter((part) => part !== undefined);
}

/** A function can only be replaced by one that takes as many arguments. */
function checkModifiers(modifiers: readonly With[], env: TypeEnv): TypeProblem | undefined {
  for (const { target, value, location } of modifiers) {
    if (target.type === 'input' || target.type === 'data' || 'kind' in value) continue;
    const wanted = env.ofCallee(target);
    const given = env.ofCallee(value);
    if (wanted?.type !== 'function' || given?.type !== 'function' || unifies(wanted, given)) continue;
    const message = `${calleeText(target)}: arity mismatch`;
    const details = { have: argumentsText(given.args), want: argumentsText(wanted.args) };
    return { problem: { code: 'rego_type_error', message, location, details }, isOfUnknown: false };
  }
  return undefined;
}
