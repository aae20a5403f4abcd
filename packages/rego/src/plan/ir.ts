/**
 * What a body is lowered to before it is compiled: names are resolved, every call is a statement of its own,
 * and terms hold variables, constants, refs and comprehensions only.
 */
import type { Location } from '../syntax/ast.ts';
import type { Value } from '../values/value.ts';

/** One variable of one clause: two of the same name in different scopes are two. */
export interface Variable {
  readonly name: string;
  readonly location: Location;
  /** Made by the lowering. */
  readonly isGenerated: boolean;
}

export interface ConstantNode {
  readonly kind: 'constant';
  readonly value: Value;
}
export interface VariableNode {
  readonly kind: 'variable';
  readonly variable: Variable;
  readonly location: Location;
}
/** `head[path[0]][path[1]]…`. The path of a variable is not empty. */
export interface RefNode {
  readonly kind: 'ref';
  readonly head: Variable | 'data' | 'input';
  readonly path: readonly Node[];
  readonly location: Location;
}
export interface ListNode {
  readonly kind: 'array' | 'set';
  readonly items: readonly Node[];
}
export interface ObjectNode {
  readonly kind: 'object';
  readonly entries: readonly (readonly [key: Node, value: Node])[];
}
export interface ComprehensionNode {
  readonly kind: 'comprehension';
  readonly type: 'array' | 'set' | 'object';
  /** Of objects only. */
  readonly key: Node | undefined;
  readonly value: Node;
  readonly body: readonly Statement[];
  readonly location: Location;
}
export type Node = ConstantNode | VariableNode | RefNode | ListNode | ObjectNode | ComprehensionNode;

/** A function by its path below `data`, or a built-in by its name. */
export type Callee =
  | { readonly type: 'function'; readonly path: readonly string[] }
  | { readonly type: 'builtin'; readonly name: string };

/** A place in a document; the path ends before what is no constant, which only faulty modules have. */
interface DocumentTarget<Root> {
  readonly type: Root;
  readonly path: readonly Value[];
  readonly isGround: boolean;
  /** The whole path. */
  readonly nodes: readonly Node[];
}
export type WithTarget = DocumentTarget<'input'> | DocumentTarget<'data'> | Callee;

export interface With {
  readonly target: WithTarget;
  /** A node that needs no evaluation, or the function that takes the place of another. */
  readonly value: Node | Callee;
  readonly location: Location;
}

interface StatementBase {
  readonly negated: boolean;
  readonly with: readonly With[];
  readonly location: Location;
}
/** Holds when the term is defined and not false. */
export interface TermStatement extends StatementBase {
  readonly kind: 'term';
  readonly term: Node;
}
export interface UnifyStatement extends StatementBase {
  readonly kind: 'unify';
  readonly left: Node;
  readonly right: Node;
  /** `:=`: the left side is bound by the right one, never the reverse. */
  readonly isAssignment: boolean;
}
export interface CallStatement extends StatementBase {
  readonly kind: 'call';
  readonly callee: Callee;
  readonly args: readonly Node[];
  /** Unified with the result; without it the result must be true, or anything but false. */
  readonly output: Node | undefined;
}
export interface EveryStatement extends StatementBase {
  readonly kind: 'every';
  readonly key: Variable | undefined;
  readonly value: Variable;
  readonly domain: Node;
  readonly body: readonly Statement[];
}
export interface NotStatement extends StatementBase {
  readonly kind: 'not';
  readonly body: readonly Statement[];
  readonly isExplicit: boolean;
}
export interface LogicalStatement extends StatementBase {
  readonly kind: 'logical';
  readonly operator: 'and' | 'or';
  readonly left: readonly Statement[];
  readonly right: readonly Statement[];
  readonly isLeftExplicit: boolean;
  readonly isRightExplicit: boolean;
}
export type Statement =
  | TermStatement
  | UnifyStatement
  | CallStatement
  | EveryStatement
  | NotStatement
  | LogicalStatement;

/** One definition of a rule. */
export interface Clause {
  /** The path below `data` as far as it is constant: strings and other scalars. */
  readonly path: readonly Value[];
  /** What follows it, from the first variable on, with the constants after that. */
  readonly suffix: readonly Node[];
  /** Of functions. */
  readonly args: readonly Node[] | undefined;
  /** Of multi-value rules. */
  readonly key: Node | undefined;
  /** Of single-value rules. */
  readonly value: Node | undefined;
  readonly body: readonly Statement[];
  readonly isDefault: boolean;
  readonly else: Clause | undefined;
  readonly location: Location;
}
