/** The documents that rules define, by their paths below `data`. */
import type { Location } from '../syntax/ast.ts';
import { compare } from '../values/order.ts';
import { termText } from '../values/text.ts';
import { RegoArray, type Value } from '../values/value.ts';
import type { Clause } from './ir.ts';

export type RuleKind = 'complete' | 'set' | 'object' | 'function';

/** All clauses of one rule. */
export interface RuleGroup {
  /** The place in the caches of an evaluation. */
  readonly id: number;
  readonly kind: RuleKind;
  readonly path: readonly Value[];
  readonly arity: number;
  readonly clauses: Clause[];
  readonly defaults: Clause[];
  readonly location: Location;
}

/** A package, a rule, or a part of a path to one. */
export class TreeNode {
  readonly children = new Map<Value, TreeNode>();
  readonly path: readonly Value[];
  rule: RuleGroup | undefined;

  constructor(path: readonly Value[] = []) {
    this.path = path;
  }

  child(name: Value): TreeNode {
    let child = this.children.get(name);
    if (child === undefined) {
      child = new TreeNode([...this.path, name]);
      this.children.set(name, child);
    }
    return child;
  }

  at(path: readonly Value[]): TreeNode {
    return path.reduce((node: TreeNode, name) => node.child(name), this);
  }

  find(path: readonly Value[]): TreeNode | undefined {
    return path.reduce((node: TreeNode | undefined, name) => node?.children.get(name), this);
  }
}

/** The tree of the clauses; packages without rules are there too. */
export function treeOf(packages: readonly (readonly string[])[], clauses: readonly Clause[]): TreeNode {
  const root = new TreeNode();
  for (const path of packages) root.at(path);
  const byPath = Map.groupBy(clauses, ({ path }) => termText(new RegoArray(path)));
  const groups = [...byPath.values()].toSorted((a, b) => (a[0]?.path.length ?? 0) - (b[0]?.path.length ?? 0));
  for (const group of groups) {
    const [first] = group;
    if (first === undefined) continue;
    const owner = generalOwner(root, first.path);
    if (owner === undefined) attach(root.at(first.path), group);
    else for (const clause of group) adopt(owner, clause);
  }
  number(root, 0);
  return root;
}

/**
 * The rule above the path whose refs have variables: it answers for all below it,
 * so that `p[x] := …` and `p.a.b := …` are one object.
 */
function generalOwner(root: TreeNode, path: readonly Value[]): RuleGroup | undefined {
  let node: TreeNode | undefined = root;
  for (const name of path.slice(0, -1)) {
    node = node?.children.get(name);
    if (node?.rule?.kind === 'object') return node.rule;
  }
  return undefined;
}

function adopt(owner: RuleGroup, clause: Clause): void {
  const suffix = clause.path.slice(owner.path.length).map((value) => ({ kind: 'constant', value }) as const);
  const moved = { ...clause, path: owner.path, suffix: [...suffix, ...clause.suffix] };
  (clause.isDefault ? owner.defaults : owner.clauses).push(moved);
}

function attach(node: TreeNode, clauses: readonly Clause[]): void {
  const [first] = clauses;
  if (first === undefined) return;
  const group: RuleGroup = {
    id: 0,
    kind: kindOf(clauses),
    path: node.path,
    arity: first.args?.length ?? 0,
    clauses: clauses.filter((clause) => !clause.isDefault),
    defaults: clauses.filter((clause) => clause.isDefault),
    location: first.location,
  };
  node.rule = group;
}

function kindOf(clauses: readonly Clause[]): RuleKind {
  if (clauses.some(({ args }) => args !== undefined)) return 'function';
  if (clauses.some(({ suffix }) => suffix.length > 0)) return 'object';
  return clauses.some(({ value }) => value === undefined) ? 'set' : 'complete';
}

function number(node: TreeNode, next: number): number {
  let id = next;
  if (node.rule !== undefined) node.rule = { ...node.rule, id: id++ };
  for (const [name, child] of [...node.children].sort(([a], [b]) => compare(a, b))) {
    // From now on in the order in which documents show them.
    node.children.delete(name);
    node.children.set(name, child);
    id = number(child, id);
  }
  return id;
}
