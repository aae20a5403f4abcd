/** What is legal Rego, and yet a mistake: beside the check, which finds what is not legal. */
import type { Module, Rule } from '../syntax/ast.ts';
import { dottedName } from '../syntax/names.ts';
import { visitRule } from '../syntax/visit.ts';
import { EXPRESSION_LINTS } from './expressions.ts';
import type { LintFinding, PlacedRule } from './finding.ts';
import { RULES_LINTS } from './rules.ts';

export type { LintFinding, LintRule } from './finding.ts';

/** By file and place. */
export function lintModules(modules: readonly Module[]): readonly LintFinding[] {
  const rules = modules.flatMap((module) => module.rules.map((rule) => placed(rule, module)));
  const findings = [
    ...rules.flatMap(({ rule }) => expressionFindings(rule)),
    ...RULES_LINTS.flatMap((lint) => lint(rules)),
  ];
  return findings.toSorted(
    ({ location: a }, { location: b }) =>
      Number(a.file > b.file) - Number(a.file < b.file) || a.offset - b.offset,
  );
}

function placed(rule: Rule, module: Module): PlacedRule {
  const name = dottedName(rule.head.ref);
  const prefix = dottedName(module.package.path) ?? '';
  return { rule, module, name: name === undefined ? undefined : `${prefix}.${name}` };
}

function expressionFindings(rule: Rule): readonly LintFinding[] {
  const found: LintFinding[] = [];
  visitRule(rule, {
    expr: (expr) => {
      for (const lint of EXPRESSION_LINTS) found.push(...(lint.expr?.(expr) ?? []));
      return false;
    },
    term: (term) => {
      for (const lint of EXPRESSION_LINTS) found.push(...(lint.term?.(term) ?? []));
      return false;
    },
  });
  return found;
}
