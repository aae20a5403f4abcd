/** What variables can hold that range over constant collections: `some p in ["a", "b"]; data[p].x` means two rules. */
import type { Node, RefNode, Statement, Variable } from '../plan/ir.ts';
import { compare } from '../values/order.ts';
import { RegoArray, RegoObject, RegoSet, type Value } from '../values/value.ts';

/** More refs than this are not worth telling apart. */
const MAX_REFS = 64;

/** What is known of variables before the statement at `index`. */
export type Known = ReadonlyMap<Variable, readonly Value[]>;
/** A path below `data` with what is known of it. */
export type Selector = readonly (Value | undefined)[];

/** The variables that each statement binds to one of few constants, added up along the body. */
export function knownBefore(body: readonly Statement[]): readonly Known[] {
  let known: Known = new Map();
  return body.map((statement) => {
    const before = known;
    const binding = bindingOf(statement, known);
    if (binding !== undefined && !known.has(binding.variable)) {
      known = new Map([...known, [binding.variable, binding.values]]);
    }
    return before;
  });
}

function bindingOf(
  statement: Statement,
  known: Known,
): { readonly variable: Variable; readonly values: readonly Value[] } | undefined {
  if (statement.kind !== 'unify' || statement.negated || statement.with.length > 0) return undefined;
  for (const [a, b] of [
    [statement.left, statement.right],
    [statement.right, statement.left],
  ] as const) {
    if (a.kind !== 'variable') continue;
    const values = valuesOf(b, known);
    if (values !== undefined) return { variable: a.variable, values };
  }
  return undefined;
}

/** All that the node can be; undefined where that is not known. */
function valuesOf(node: Node, known: Known): readonly Value[] | undefined {
  if (node.kind === 'constant') return [node.value];
  if (node.kind === 'variable') return known.get(node.variable);
  return node.kind === 'ref' ? valuesOfRef(node, known) : undefined;
}

function valuesOfRef({ head, path }: RefNode, known: Known): readonly Value[] | undefined {
  let values = typeof head === 'string' ? undefined : known.get(head);
  for (const part of path) {
    const next: Value[] = [];
    for (const value of values ?? []) {
      const members = part.kind === 'constant' ? memberAt(value, part.value) : membersOf(value);
      if (members === undefined) return undefined;
      next.push(...members);
    }
    if (values === undefined || next.length > MAX_REFS) return undefined;
    values = next;
  }
  return values;
}

function memberAt(value: Value, key: Value): readonly Value[] {
  let member: Value | undefined;
  if (value instanceof RegoArray && typeof key === 'number') member = value.items[key];
  if (value instanceof RegoObject) member = value.get(key);
  if (value instanceof RegoSet && value.has(key)) member = key;
  return member === undefined ? [] : [member];
}

function membersOf(value: Value): readonly Value[] | undefined {
  if (value instanceof RegoArray || value instanceof RegoSet) return value.items;
  return value instanceof RegoObject ? value.entries().map(([, item]) => item) : undefined;
}

/** The paths that a ref below `data` can mean. */
export function selectorsOf(path: readonly Node[], known: Known): readonly Selector[] {
  let selectors: readonly Selector[] = [[]];
  for (const part of path) {
    const values = part.kind === 'constant' ? [part.value] : valuesOf(part, known);
    const isNarrow =
      values !== undefined && values.length > 0 && selectors.length * values.length <= MAX_REFS;
    const next = isNarrow ? values : [undefined];
    selectors = selectors.flatMap((selector) => next.map((value) => [...selector, value]));
  }
  return selectors;
}

export function isSameKey(a: Value | undefined, b: Value | undefined): boolean {
  return a === undefined || b === undefined || compare(a, b) === 0;
}
