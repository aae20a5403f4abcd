import type { Clause } from '../plan/ir.ts';
import type { LoweredRule } from '../plan/modules.ts';
import type { Module, Rule, Term } from '../syntax/ast.ts';
import { refText } from '../syntax/text.ts';
import { compare } from '../values/order.ts';
import { termText } from '../values/text.ts';
import type { Value } from '../values/value.ts';

/** A definition: a rule or an `else` of it. */
export interface Definition {
  readonly rule: Rule;
  readonly module: Module;
  readonly clause: Clause;
  /** What it defines, below `data`; undefined stands for what is known only in evaluation. */
  readonly path: readonly (Value | undefined)[];
  /** The ref as messages name it. */
  readonly text: string;
  readonly else: Definition | undefined;
}

export function definitionOf({ rule, module, clause }: LoweredRule): Definition {
  const constants: readonly Value[] = clause.path;
  const suffix = clause.suffix.map((node) => (node.kind === 'constant' ? node.value : undefined));
  const following =
    rule.else === undefined || clause.else === undefined
      ? undefined
      : definitionOf({ rule: rule.else, module, clause: clause.else });
  return {
    rule,
    module,
    clause,
    path: [...constants, ...suffix],
    text: ruleText(rule, module),
    else: following,
  };
}

function ruleText({ head }: Rule, module: Module): string {
  const { location } = head.ref;
  const name: Term[] =
    head.ref.head.kind === 'var' ? [{ kind: 'string', value: head.ref.head.name, location }] : [];
  return refText({ ...module.package.path, path: [...module.package.path.path, ...name, ...head.ref.path] });
}

/** The definition with its `else` definitions. */
export function chainOf(first: Definition): readonly Definition[] {
  return first.else === undefined ? [first] : [first, ...chainOf(first.else)];
}

export function isGroundPath({ path }: Definition): boolean {
  return path.every((part) => part !== undefined);
}

/** The definitions by the constant beginning of what they define. */
export class RuleTree {
  readonly children = new Map<string, RuleTree>();
  readonly definitions: Definition[] = [];
  readonly key: Value;

  constructor(key: Value = null) {
    this.key = key;
  }

  child(key: Value): RuleTree | undefined {
    return this.children.get(termText(key));
  }

  find(path: readonly Value[]): RuleTree | undefined {
    return path.reduce((node: RuleTree | undefined, key) => node?.child(key), this);
  }

  add(path: readonly Value[]): RuleTree {
    return path.reduce((node: RuleTree, key) => {
      const known = node.child(key);
      if (known !== undefined) return known;
      const child = new RuleTree(key);
      node.children.set(termText(key), child);
      return child;
    }, this);
  }

  get sorted(): readonly RuleTree[] {
    return [...this.children.values()].toSorted((a, b) => compare(a.key, b.key));
  }

  /** All nodes, each before those below it. */
  *nodes(): Generator<RuleTree> {
    yield this;
    for (const child of this.sorted) yield* child.nodes();
  }
}

export function treeOfDefinitions(definitions: readonly Definition[]): RuleTree {
  const root = new RuleTree();
  for (const definition of definitions) {
    const end = definition.path.indexOf(undefined);
    const constants = definition.path.slice(0, end < 0 ? undefined : end);
    root.add(constants.filter((part) => part !== undefined)).definitions.push(definition);
  }
  return root;
}
