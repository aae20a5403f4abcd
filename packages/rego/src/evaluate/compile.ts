/** Compiles a whole policy, and queries over it. */
import type { Builtin } from '../builtins/builtin.ts';
import type { Clause } from '../plan/ir.ts';
import type { LoweredQuery } from '../plan/modules.ts';
import { orderBody } from '../plan/order.ts';
import { type RuleGroup, type TreeNode, treeOf } from '../plan/tree.ts';
import type { Location } from '../syntax/ast.ts';
import { RegoSourceError } from '../syntax/error.ts';
import type { Value } from '../values/value.ts';
import { link, newFrame, type Step } from './code.ts';
import { type Compiler, Layout } from './layout.ts';
import type { Machine } from './machine.ts';
import type { CompiledRule, Program } from './program.ts';
import { compileRule } from './rules.ts';
import { compileBody } from './statements.ts';

/** The variables of one answer of a query. */
export type Answer = ReadonlyMap<string, Value>;

export interface CompiledQuery {
  /** The places of its expressions, in the order in which they are evaluated. */
  readonly order: readonly Location[];
  /** All answers, in the order in which they are found. */
  run(machine: Machine): readonly Answer[];
}

export interface CompiledPolicy {
  readonly tree: TreeNode;
  /** The places of the expressions of all rules, if they are observed. */
  readonly observed: readonly Location[];
  /** Throws RegoSourceError where the query has no safe order. */
  query(lowered: LoweredQuery): CompiledQuery;
}

/** What the clauses may call, and whether an observer is told of their expressions. */
export interface Surroundings {
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly isKnown: Compiler['isKnown'];
  readonly isObserved: boolean;
}

/** The clauses are in the order of evaluation. */
export function compilePolicy(
  packages: readonly (readonly string[])[],
  clauses: readonly Clause[],
  { builtins, isKnown, isObserved }: Surroundings,
): CompiledPolicy {
  const tree = treeOf(packages, clauses);
  const groups = groupsOf(tree);
  const rules: CompiledRule[] = [];
  let cacheIds = groups.length;
  const observed: Location[] = [];
  const program: Program = { rules, builtins, observed, isObserved, newCacheId: () => cacheIds++ };
  const compiler: Compiler = { tree, program, isKnown, compileBody };
  for (const group of groups) rules[group.id] = compileRule(group, compiler);
  return { tree, observed: [...observed], query: (lowered) => compileQuery(lowered, compiler) };
}

function groupsOf(node: TreeNode): readonly RuleGroup[] {
  const below = [...node.children.values()].flatMap(groupsOf);
  return node.rule === undefined ? below : [node.rule, ...below];
}

function compileQuery({ body, variables }: LoweredQuery, compiler: Compiler): CompiledQuery {
  const { ordered, problems } = orderBody(body);
  if (problems.length > 0) throw new RegoSourceError(problems);
  const layout = new Layout(compiler, true);
  const stages = compiler.compileBody(ordered, layout);
  const named = variables
    .filter((variable) => layout.isBound(variable))
    .map((variable) => [variable.name, layout.slot(variable)] as const);
  return {
    order: ordered.map(({ location }) => location),
    run(machine) {
      const answers: Answer[] = [];
      const keep: Step = (_machine, frame) => {
        answers.push(new Map(named.map(([name, slot]) => [name, frame[slot] as Value])));
        return false;
      };
      const frame = newFrame(layout.size);
      link(stages, keep)(machine, frame);
      return answers;
    },
  };
}
