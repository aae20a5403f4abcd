import type { Expr, Location, Module, Rule, Term } from '../syntax/ast.ts';

export type LintRule =
  | 'constant-condition'
  | 'not-equals-in-loop'
  | 'sprintf-arguments-mismatch'
  | 'unassigned-return-value'
  | 'impossible-not'
  | 'rule-assigns-default'
  | 'duplicate-rule';

/** What is legal Rego and hardly ever meant. */
export interface LintFinding {
  readonly rule: LintRule;
  readonly message: string;
  readonly location: Location;
}

/** What is looked for in one expression, or in one term wherever it stands. */
export interface ExpressionLint {
  readonly expr?: (expr: Expr) => readonly LintFinding[];
  readonly term?: (term: Term) => readonly LintFinding[];
}

/** What is looked for in the rules of all modules together. */
export type RulesLint = (rules: readonly PlacedRule[]) => readonly LintFinding[];

export interface PlacedRule {
  readonly rule: Rule;
  readonly module: Module;
  /** `data.example.allow`; undefined where the head has variables. */
  readonly name: string | undefined;
}
