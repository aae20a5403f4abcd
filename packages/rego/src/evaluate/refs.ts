/** Compiles refs: a value by its path, or all values that the path's variables lead to. */
import type { Node, RefNode } from '../plan/ir.ts';
import type { TreeNode } from '../plan/tree.ts';
import type { Value } from '../values/value.ts';
import type { Compute, Match, Sink, Step } from './code.ts';
import {
  baseMember,
  extent,
  type Find,
  isReplaced,
  lookup,
  type Part,
  through,
  walkDocument,
} from './document.ts';
import type { Layout } from './layout.ts';
import type { Machine } from './machine.ts';
import type { CompiledRule } from './program.ts';

type ComputeNode = (node: Node, layout: Layout) => Compute;
type MatchNode = (node: Node, layout: Layout) => Match;

/** A ref whose variables are all bound. */
export function computeRef(ref: RefNode, layout: Layout, compute: ComputeNode): Compute {
  const { base, rest, find } = resolve(ref, layout, compute);
  return rest
    .map((node) => compute(node, layout))
    .reduce<Compute>(
      (from, key) => (machine, frame) => {
        const value = from(machine, frame);
        if (value === undefined) return undefined;
        const name = key(machine, frame);
        return name === undefined ? undefined : find(value, name, machine);
      },
      base,
    );
}

interface Resolved {
  readonly base: Compute;
  readonly rest: readonly Node[];
  readonly find: Find;
}

/** What of the path is known when it is compiled, and what remains to be looked up. */
function resolve(ref: RefNode, layout: Layout, compute: ComputeNode): Resolved {
  if (ref.head === 'input') return { base: (machine) => machine.context.input, rest: ref.path, find: lookup };
  if (ref.head !== 'data') {
    if (!layout.isBound(ref.head)) return { base: () => undefined, rest: ref.path, find: lookup };
    const slot = layout.slot(ref.head);
    return { base: (_machine, frame) => frame[slot] as Value, rest: ref.path, find: lookup };
  }
  const { node, rest } = descend(layout.compiler.tree, ref.path);
  if (node === undefined)
    return { base: (machine) => machine.context.data, rest: ref.path, find: baseMember };
  if (node.rule !== undefined) return ruleBase(node, ref, rest, layout, compute);
  if (rest.length === 0) return { base: documentBase(node, layout), rest, find: lookup };
  return { base: walkedBase(ref.path, layout, compute), rest: [], find: lookup };
}

/** Down to the rule or the last package that the constants of the path name; no node where no rules can be. */
function descend(
  root: TreeNode,
  path: readonly Node[],
): { readonly node: TreeNode | undefined; readonly rest: readonly Node[] } {
  let node: TreeNode | undefined = root;
  for (const [at, part] of path.entries()) {
    if (node.rule !== undefined || part.kind !== 'constant') return { node, rest: path.slice(at) };
    node = node.children.get(part.value);
    if (node === undefined) return { node, rest: [] };
  }
  return { node, rest: [] };
}

function ruleBase(
  node: TreeNode,
  ref: RefNode,
  rest: readonly Node[],
  layout: Layout,
  compute: ComputeNode,
): Resolved {
  const { program } = layout.compiler;
  const { path } = node;
  const [first] = rest;
  const group = node.rule;
  if (group === undefined || group.kind === 'function') return { base: () => undefined, rest, find: lookup };
  const evaluate = evaluation(group.id, program.rules, first && keyOf(first, layout, compute));
  const base: Compute = (machine, frame) =>
    machine.context.replaced.length > 0 && isReplaced(machine, path)
      ? baseDocument(machine, path)
      : evaluate(machine, frame);
  return { base, rest: ref.path.slice(path.length), find: lookup };
}

/** The rules are there when the evaluation runs, not yet when the ref is compiled. */
function evaluation(
  id: number,
  rules: readonly (CompiledRule | undefined)[],
  key: Compute | undefined,
): Compute {
  if (key === undefined) return (machine) => rules[id]?.evaluate(machine);
  return (machine, frame) => {
    const value = key(machine, frame);
    return value === undefined ? undefined : rules[id]?.evaluateFor(machine, value);
  };
}

function keyOf(node: Node, layout: Layout, compute: ComputeNode): Compute | undefined {
  return layout.isGround(node) ? compute(node, layout) : undefined;
}

function baseDocument(machine: Machine, path: readonly Value[]): Value | undefined {
  let value: Value | undefined = machine.context.data;
  for (const name of path) value = value === undefined ? undefined : baseMember(value, name, machine);
  return value;
}

function documentBase(node: TreeNode, layout: Layout): Compute {
  const { program } = layout.compiler;
  return (machine) => extent(machine, program, node, baseDocument(machine, node.path), node.path);
}

/** A path through packages whose names are computed. */
function walkedBase(path: readonly Node[], layout: Layout, compute: ComputeNode): Compute {
  const { tree, program } = layout.compiler;
  const parts = path.map((node): Part => ({ key: compute(node, layout), match: undefined }));
  return (machine, frame) => {
    let found: Value | undefined;
    const walk = { machine, program, frame, parts, path: [] };
    walkDocument(walk, tree, machine.context.data, (_machine, _frame, value) => {
      found = value;
      return true;
    });
    return found;
  };
}

/** Hands every value of a ref with unbound variables to a sink. These are bound in the layout from then on. */
export function iterateRef(
  ref: RefNode,
  layout: Layout,
  compute: ComputeNode,
  match: MatchNode,
): (sink: Sink) => Step {
  const { node, rest } = ref.head === 'data' ? descend(layout.compiler.tree, ref.path) : noDocument(ref);
  if (node !== undefined && node.rule === undefined && rest.length > 0) {
    return iterateDocument(ref.path, layout, compute, match);
  }
  const { base, rest: keys, find } = resolve(ref, layout, compute);
  const parts = keys.map((key) => partOf(key, layout, compute, match));
  return (sink) => {
    const run = parts.reduceRight<Sink>((next, part) => through(part, find, next), sink);
    return (machine, frame) => {
      const value = base(machine, frame);
      return value !== undefined && run(machine, frame, value);
    };
  };
}

function noDocument({ path }: RefNode): ReturnType<typeof descend> {
  return { node: undefined, rest: path };
}

function partOf(node: Node, layout: Layout, compute: ComputeNode, match: MatchNode): Part {
  return layout.isGround(node)
    ? { key: compute(node, layout), match: undefined }
    : looped(node, layout, match);
}

function looped(node: Node, layout: Layout, match: MatchNode): Part {
  layout.addLoop();
  return { key: undefined, match: match(node, layout) };
}

/** A ref that has a variable where packages or rules have names. */
function iterateDocument(
  path: readonly Node[],
  layout: Layout,
  compute: ComputeNode,
  match: MatchNode,
): (sink: Sink) => Step {
  const { tree, program } = layout.compiler;
  const parts = path.map((node) => partOf(node, layout, compute, match));
  return (sink) => (machine, frame) =>
    walkDocument({ machine, program, frame, parts, path: [] }, tree, machine.context.data, sink);
}
