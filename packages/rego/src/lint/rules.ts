/** Rules that do nothing, or cannot do what they seem to. */
import type { Expr } from '../syntax/ast.ts';
import { dottedName } from '../syntax/names.ts';
import { termText } from '../syntax/text.ts';
import { visitRule } from '../syntax/visit.ts';
import type { LintFinding, PlacedRule, RulesLint } from './finding.ts';

/** `allow := false` beside `default allow := false`. */
const assignsDefault: RulesLint = (rules) => {
  const defaults = new Map(
    rules.flatMap(({ rule, name }): readonly [string, string][] =>
      rule.default && name !== undefined && rule.head.value !== undefined
        ? [[name, termText(rule.head.value)]]
        : [],
    ),
  );
  return rules.flatMap(({ rule, name = '' }): readonly LintFinding[] => {
    const { value, valueGenerated, args } = rule.head;
    if (rule.default || value === undefined || valueGenerated || args !== undefined) return [];
    if (defaults.get(name) !== termText(value) || rule.else !== undefined) return [];
    const message = `${name} has this value by default: the rule changes nothing`;
    return [{ rule: 'rule-assigns-default', message, location: rule.location }];
  });
};

/** A set or object of rules is always there, if it is empty: `not deny` never holds. */
const impossibleNot: RulesLint = (rules) => {
  const partial = new Set(
    rules.flatMap(({ rule, name }) => (rule.head.key !== undefined && name !== undefined ? [name] : [])),
  );
  return rules.flatMap(({ rule, module }): readonly LintFinding[] => {
    const prefix = dottedName(module.package.path) ?? '';
    const found: LintFinding[] = [];
    visitRule(rule, {
      expr: (expr) => {
        const name = negatedName(expr, prefix);
        if (name !== undefined && partial.has(name)) {
          const message = `${name} is a set, which is there even if it is empty: write count(…) == 0`;
          found.push({ rule: 'impossible-not', message, location: expr.location });
        }
        return false;
      },
    });
    return found;
  });
};

/** What a negated expression names, if it is nothing but a name. */
function negatedName(expr: Expr, prefix: string): string | undefined {
  if (expr.kind !== 'term' || !expr.negated) return undefined;
  const { term } = expr;
  if (term.kind === 'var') return `${prefix}.${term.name}`;
  if (term.kind !== 'ref' || term.path.length === 0) return undefined;
  const name = dottedName(term);
  return name?.startsWith('data.') === true ? name : `${prefix}.${name}`;
}

/** The same rule twice, however it is laid out. */
const duplicates: RulesLint = (rules) => {
  const seen = new Map<string, PlacedRule>();
  return rules.flatMap((placed): readonly LintFinding[] => {
    const text = `${dottedName(placed.module.package.path)}\n${ruleText(placed)}`;
    const first = seen.get(text);
    if (first === undefined) {
      seen.set(text, placed);
      return [];
    }
    const { file, row } = first.rule.location;
    const message = `the same rule stands at ${file}:${row} already`;
    return [{ rule: 'duplicate-rule', message, location: placed.rule.location }];
  });
};

function ruleText({ rule }: PlacedRule): string {
  return JSON.stringify(rule, (key, value: unknown) => (key === 'location' ? undefined : value));
}

export const RULES_LINTS: readonly RulesLint[] = [assignsDefault, impossibleNot, duplicates];
