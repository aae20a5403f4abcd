/** Which variables an equality makes safe (OPA's `ast.Unify`). */
import { equal } from '../values/order.ts';
import { RegoArray, RegoObject, type Value } from '../values/value.ts';
import type { Node, RefNode, Variable } from './ir.ts';
import { patternVariables } from './variables.ts';

type Variables = ReadonlySet<Variable>;

export function isRefSafe(ref: RefNode, safe: Variables): boolean {
  return typeof ref.head === 'string' || safe.has(ref.head);
}

/** The variables that the two sides bind to each other when those of `safe` are known. */
export function unifiedVariables(safe: Variables, left: Node, right: Node): Variables {
  const unifier = new Unifier(safe);
  unifier.unify(left, right);
  return unifier.unified;
}

class Unifier {
  readonly unified = new Set<Variable>();
  readonly #safe: Variables;
  /** For each variable those that it waits for. */
  readonly #waiting = new Map<Variable, Set<Variable>>();

  constructor(safe: Variables) {
    this.#safe = safe;
  }

  unify(left: Node, right: Node): void {
    const [a, b] = [unfolded(left), unfolded(right)];
    if (a.kind === 'variable') this.#unifyVariable(a.variable, b);
    else if (b.kind === 'variable') this.#unifyVariable(b.variable, a);
    else if (a.kind === 'ref') this.#unifyRef(a, b);
    else if (b.kind === 'ref') this.#unifyRef(b, a);
    else if (a.kind === 'comprehension') this.#unifyComprehension(a.type, b);
    else if (b.kind === 'comprehension') this.#unifyComprehension('array', a);
    else if (a.kind === 'array' && b.kind === 'array') this.#unifyItems(a.items, b.items);
    else if (a.kind === 'object' && b.kind === 'object') this.#unifyObjects(a.entries, b.entries);
  }

  #unifyVariable(variable: Variable, other: Node): void {
    switch (other.kind) {
      case 'variable':
        this.#unifyVariables(variable, other.variable);
        break;
      case 'array':
      case 'object':
        this.#unifyAll(variable, other);
        break;
      case 'ref':
        if (isRefSafe(other, this.#safe)) this.#markSafe(variable);
        break;
      default:
        this.#markSafe(variable);
    }
  }

  #unifyVariables(a: Variable, b: Variable): void {
    if (this.#isSafe(b)) this.#markSafe(a);
    else if (this.#isSafe(a)) this.#markSafe(b);
    else {
      this.#markWaiting(a, b);
      this.#markWaiting(b, a);
    }
  }

  #unifyRef(ref: RefNode, other: Node): void {
    if (isRefSafe(ref, this.#safe)) this.#unifyPattern(other);
  }

  /** Of a comprehension on the right OPA looks at patterns of arrays only. */
  #unifyComprehension(type: string, pattern: Node): void {
    if (type === pattern.kind) this.#unifyPattern(pattern);
  }

  #unifyPattern(pattern: Node): void {
    if (pattern.kind === 'array' || pattern.kind === 'object') this.#markAllSafe(pattern);
  }

  #unifyItems(a: readonly Node[], b: readonly Node[]): void {
    if (a.length !== b.length) return;
    for (const [at, item] of a.entries()) {
      const other = b[at];
      if (other !== undefined) this.unify(item, other);
    }
  }

  #unifyObjects(a: Entries, b: Entries): void {
    if (a.length !== b.length) return;
    for (const [key, value] of a) {
      const other = b.find(([theirs]) => sameKey(key, theirs));
      if (other !== undefined) this.unify(value, other[1]);
    }
  }

  #unifyAll(variable: Variable, pattern: Node): void {
    if (this.#isSafe(variable)) {
      this.#markAllSafe(pattern);
      return;
    }
    const unsafe = [...patternVariables(pattern)].filter((other) => !this.#isSafe(other));
    if (unsafe.length === 0) this.#markSafe(variable);
    for (const other of unsafe) this.#markWaiting(variable, other);
  }

  #isSafe(variable: Variable): boolean {
    return this.#safe.has(variable) || this.unified.has(variable);
  }

  #markAllSafe(pattern: Node): void {
    for (const variable of patternVariables(pattern)) this.#markSafe(variable);
  }

  #markSafe(variable: Variable): void {
    this.unified.add(variable);
    const dependencies = this.#waiting.get(variable) ?? [];
    this.#waiting.delete(variable);
    for (const dependency of dependencies) this.#markSafe(dependency);
    for (const [other, awaited] of this.#waiting) {
      if (awaited.delete(variable) && awaited.size === 0) this.#markSafe(other);
    }
  }

  #markWaiting(variable: Variable, other: Variable): void {
    const awaited = this.#waiting.get(variable);
    if (awaited === undefined) this.#waiting.set(variable, new Set([other]));
    else awaited.add(other);
  }
}

/** A constant array or object as a node of its parts: what a pattern binds depends on its shape. */
function unfolded(node: Node): Node {
  if (node.kind !== 'constant') return node;
  const { value } = node;
  if (value instanceof RegoArray) return { kind: 'array', items: value.items.map(constant) };
  if (!(value instanceof RegoObject)) return node;
  return { kind: 'object', entries: value.entries().map(([key, item]) => [constant(key), constant(item)]) };
}

function constant(value: Value): Node {
  return { kind: 'constant', value };
}

type Entries = readonly (readonly [key: Node, value: Node])[];

/** The same variable, or equal constants. */
export function sameKey(a: Node, b: Node): boolean {
  if (a.kind === 'variable') return b.kind === 'variable' && a.variable === b.variable;
  return a.kind === 'constant' && b.kind === 'constant' && equal(a.value, b.value);
}
