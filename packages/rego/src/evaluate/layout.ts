/** Where the variables of a clause stand in its frame, and which of them are bound at a point of its body. */
import type { Node, Statement, Variable } from '../plan/ir.ts';
import type { TreeNode } from '../plan/tree.ts';
import { allVariables } from '../plan/variables.ts';
import type { Stage } from './code.ts';
import type { Program } from './program.ts';

export interface Compiler {
  readonly tree: TreeNode;
  readonly program: Program;
  /** Whether there is a built-in or a function of the host of this name. */
  isKnown(name: string): boolean;
  /** The stages of the body; its variables are bound in the layout from then on. */
  compileBody(body: readonly Statement[], layout: Layout): readonly Stage[];
}

export class Layout {
  readonly compiler: Compiler;
  /** The body is that of a query, not of a rule. */
  readonly isQuery: boolean;
  readonly #slots = new Map<Variable, number>();
  /** With the number of loops that stood before each was bound. */
  #bound = new Map<Variable, number>();
  #count = 0;
  #loops = 0;

  constructor(compiler: Compiler, isQuery = false) {
    this.compiler = compiler;
    this.isQuery = isQuery;
  }

  /** The number of slots that a frame needs. */
  get size(): number {
    return this.#count;
  }

  slot(variable: Variable): number {
    let slot = this.#slots.get(variable);
    if (slot === undefined) {
      slot = this.temporary();
      this.#slots.set(variable, slot);
    }
    return slot;
  }

  /** A slot for something that has no name. */
  temporary(): number {
    return this.#count++;
  }

  bind(variable: Variable): void {
    this.#bound.set(variable, this.#loops);
  }

  isBound(variable: Variable): boolean {
    return this.#bound.has(variable);
  }

  /** What comes now may happen several times. */
  addLoop(): void {
    this.#loops++;
  }

  /** However often the body succeeds, the node has one value: no loop stands before its variables. */
  isSettled(node: Node): boolean {
    return [...allVariables(node)].every((variable) => (this.#bound.get(variable) ?? 0) === 0);
  }

  /** Runs `compile` with what is bound here; what it binds is not bound afterwards. */
  inside<Result>(compile: () => Result): Result {
    const outer = this.#bound;
    this.#bound = new Map(outer);
    const loops = this.#loops;
    const result = compile();
    this.#bound = outer;
    this.#loops = loops;
    return result;
  }

  /** All variables are bound: the node has one value at most. Comprehensions always have one. */
  isGround(node: Node): boolean {
    switch (node.kind) {
      case 'variable':
        return this.#bound.has(node.variable);
      case 'ref':
        return (
          (typeof node.head === 'string' || this.#bound.has(node.head)) &&
          node.path.every((part) => this.isGround(part))
        );
      case 'array':
      case 'set':
        return node.items.every((item) => this.isGround(item));
      case 'object':
        return node.entries.every((entry) => entry.every((part) => this.isGround(part)));
      default:
        return true;
    }
  }
}
