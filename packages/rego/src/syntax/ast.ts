/**
 * The syntax tree of Rego, named as in OPA's package `ast`. Every node is immutable and knows where it stands.
 * The parser resolves nothing: variables are as written, operators are calls of the built-in they stand for.
 */
import type { Value } from '../values/value.ts';

/**
 * Rows and columns (in code points) start at 1, as OPA counts; the end of a file that ends in a newline has column 0.
 * `offset` and `end` delimit the text in UTF-16 units; where a term stands in parentheses the text begins with
 * them, while row and column are those of the term.
 */
export interface Location {
  readonly file: string;
  readonly row: number;
  readonly col: number;
  readonly offset: number;
  readonly end: number;
}

interface Node {
  readonly location: Location;
}

/** By declaration, never by trial: `v1` is OPA's default, `v0` the language before OPA 1.0, `v2` the coming one. */
export type RegoVersion = 'v0' | 'v1' | 'v2';

export interface NullTerm extends Node {
  readonly kind: 'null';
}

export interface BooleanTerm extends Node {
  readonly kind: 'boolean';
  readonly value: boolean;
}

/** The number as written: its text decides how it prints. */
export interface NumberTerm extends Node {
  readonly kind: 'number';
  readonly text: string;
}

export interface StringTerm extends Node {
  readonly kind: 'string';
  readonly value: string;
}

/** A wildcard `_` is named `$0`, `$1`, … so that each is a variable of its own; see `isWildcard`. */
export interface VarTerm extends Node {
  readonly kind: 'var';
  readonly name: string;
}

/**
 * `head[path[0]][path[1]]…`; a dot is a string operand. The head is a variable, a call, a collection or a
 * comprehension. `input` and `data` alone are refs with an empty path.
 */
export interface RefTerm extends Node {
  readonly kind: 'ref';
  readonly head: Term;
  readonly path: readonly Term[];
}

export interface ArrayTerm extends Node {
  readonly kind: 'array';
  readonly items: readonly Term[];
}

export interface ObjectTerm extends Node {
  readonly kind: 'object';
  readonly entries: readonly (readonly [key: Term, value: Term])[];
}

export interface SetTerm extends Node {
  readonly kind: 'set';
  readonly items: readonly Term[];
}

export interface ArrayComprehension extends Node {
  readonly kind: 'array-comprehension';
  readonly term: Term;
  readonly body: Body;
}

export interface SetComprehension extends Node {
  readonly kind: 'set-comprehension';
  readonly term: Term;
  readonly body: Body;
}

export interface ObjectComprehension extends Node {
  readonly kind: 'object-comprehension';
  readonly key: Term;
  readonly value: Term;
  readonly body: Body;
}

/** `operator(args)`, or an infix operator: `a + b` is a call of `plus`, `x := 1` of `assign`, `x in xs` of `internal.member_2`. */
export interface CallTerm extends Node {
  readonly kind: 'call';
  /** `f` is a ref with an empty path; `data.lib.f`, `json.patch` one of strings. */
  readonly operator: RefTerm;
  readonly args: readonly Term[];
}

/** `$"text {expression}"`: texts (string terms) and expressions in turn as they come. */
export interface TemplateString extends Node {
  readonly kind: 'template-string';
  readonly parts: readonly (StringTerm | TemplateExpression)[];
  /** Written between backticks. */
  readonly raw: boolean;
}

export interface TemplateExpression extends Node {
  readonly kind: 'template-expression';
  /** A term, or `and`/`or`/`not` of terms; never negated. */
  readonly expr: TermExpr | LogicalExpr | NotExpr;
  /** A scalar without a comment: it may as well be part of the text. */
  readonly isText: boolean;
}

export type ScalarTerm = NullTerm | BooleanTerm | NumberTerm | StringTerm;
export type Comprehension = ArrayComprehension | SetComprehension | ObjectComprehension;
export type Term =
  | ScalarTerm
  | VarTerm
  | RefTerm
  | ArrayTerm
  | ObjectTerm
  | SetTerm
  | Comprehension
  | CallTerm
  | TemplateString;

/** `with target as value`; the target is a ref below input or data, or names a function. */
export interface With extends Node {
  readonly target: Term;
  readonly value: Term;
}

interface ExprBase extends Node {
  readonly negated: boolean;
  readonly with: readonly With[];
}

/** Any term as a condition; calls include `x := y` and `x = y`. */
export interface TermExpr extends ExprBase {
  readonly kind: 'term';
  readonly term: Term;
}

/** `some x, y`: the variables are declared. */
export interface SomeExpr extends ExprBase {
  readonly kind: 'some';
  readonly symbols: readonly VarTerm[];
}

/** `some x in xs`, `some k, v in xs`; keys and values may be any terms, whose variables are declared. */
export interface SomeInExpr extends ExprBase {
  readonly kind: 'some-in';
  readonly key: Term | undefined;
  readonly value: Term;
  readonly domain: Term;
}

/** `every x in xs { … }`, `every k, v in xs { … }`. */
export interface EveryExpr extends ExprBase {
  readonly kind: 'every';
  readonly key: VarTerm | undefined;
  readonly value: VarTerm;
  readonly domain: Term;
  readonly body: Body;
}

/**
 * `not { … }`, and with `import future.keywords.not` also `not expr`: unlike a negated expression, a body of its own,
 * whose variables need not be safe outside.
 */
export interface NotExpr extends ExprBase {
  readonly kind: 'not';
  readonly body: Body;
  /** Written with braces. */
  readonly explicit: boolean;
}

/** `a and b`, `{ … } or { … }` (`import future.keywords.and`, `.or`). */
export interface LogicalExpr extends ExprBase {
  readonly kind: 'logical';
  readonly operator: 'and' | 'or';
  readonly left: Body;
  readonly right: Body;
  readonly leftExplicit: boolean;
  readonly rightExplicit: boolean;
}

export type Expr = TermExpr | SomeExpr | SomeInExpr | EveryExpr | NotExpr | LogicalExpr;
export type Body = readonly Expr[];

/**
 * What a rule defines.
 *
 * | source | ref | args | key | value |
 * | --- | --- | --- | --- | --- |
 * | `p := 1`, `p.q["r"] := 1` | `p`, `p.q["r"]` | – | – | `1` |
 * | `p if …` | `p` | – | – | true, not written |
 * | `p contains x`, v0 `p[x] { … }` | `p` | – | `x` | – |
 * | `p[x] := y` | `p[x]` | – | – | `y` |
 * | `p.q[x] if …` | `p.q[x]` | – | – | true, not written |
 * | `f(a) := y` | `f` | `[a]` | – | `y` |
 */
export interface Head extends Node {
  /** A ref with a variable at its head; `path` is empty for a plain name. */
  readonly ref: RefTerm;
  /** Present for functions. */
  readonly args: readonly Term[] | undefined;
  /** Present for multi-value rules (partial sets). */
  readonly key: Term | undefined;
  /** Absent for multi-value rules only. */
  readonly value: Term | undefined;
  /** The value is not in the source: it is `true`. */
  readonly valueGenerated: boolean;
  /** `:=` rather than `=`. */
  readonly assign: boolean;
  /** Written with the keyword `contains`. */
  readonly contains: boolean;
}

export interface Rule extends Node {
  readonly kind: 'rule';
  readonly default: boolean;
  readonly head: Head;
  /** Never empty: a rule without a body has the body `true`, see `bodyGenerated`. */
  readonly body: Body;
  readonly bodyGenerated: boolean;
  /** Written with the keyword `if`. */
  readonly if: boolean;
  /** `else := value { … }`: a rule with the same head but for its value. */
  readonly else: Rule | undefined;
  /** `p { a } { b }`: every body after the first is a rule of its own with the same head. */
  readonly chained: boolean;
}

export interface Package extends Node {
  /** `data` at the head, then strings. */
  readonly path: RefTerm;
}

export interface Import extends Node {
  /** A ref below `data`, `input`, `rego` or `future`, or one of these alone. */
  readonly path: RefTerm;
  readonly alias: string | undefined;
  readonly aliasLocation: Location | undefined;
}

/** Without the leading `#`. */
export interface Comment extends Node {
  readonly text: string;
}

/** What a METADATA block says of the schema of a document. */
export interface SchemaAnnotation {
  readonly path: RefTerm;
  /** A schema by its place, or itself. */
  readonly schema: RefTerm | undefined;
  readonly definition: Value | undefined;
}

/** A `# METADATA` block; about the first package or rule below it. */
export interface Annotations extends Node {
  /** `rule`, `document`, `package` or `subpackages`. */
  readonly scope: string;
  readonly entrypoint: boolean;
  readonly schemas: readonly SchemaAnnotation[];
  /** What `rego.metadata` shows beside the scope. */
  readonly shown: readonly (readonly [name: string, value: Value])[];
}

export interface Module {
  readonly file: string;
  /** As declared by the caller; `import rego.v1` is an import. */
  readonly version: RegoVersion;
  readonly package: Package;
  readonly imports: readonly Import[];
  readonly rules: readonly Rule[];
  readonly comments: readonly Comment[];
  readonly annotations: readonly Annotations[];
}
