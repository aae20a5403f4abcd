import type { Rule } from './ast.ts';
import type { RegoProblem } from './error.ts';
import { KEYWORDS } from './token.ts';

/** What v1 demands of a rule (with its `else` rules) and v0 does not. */
export function v1Problems(rule: Rule): readonly RegoProblem[] {
  const problems: RegoProblem[] = [];
  for (let r: Rule | undefined = rule; r !== undefined; r = r.else) {
    for (const message of v1Messages(r)) {
      problems.push({ code: 'rego_parse_error', message, location: r.location });
    }
  }
  return problems;
}

function v1Messages(rule: Rule): readonly string[] {
  const { head } = rule;
  const kind = head.args === undefined ? 'rule' : 'function';
  const messages: string[] = [];
  const name = head.ref.head.kind === 'var' ? head.ref.head.name : '';
  if (head.ref.path.length === 0 && KEYWORDS.v1.has(name)) {
    messages.push(`${name} keyword cannot be used for rule name`);
  }
  if (rule.bodyGenerated && head.valueGenerated) {
    messages.push(`${kind} must have value assignment and/or body declaration`);
  }
  if (!rule.bodyGenerated && !rule.if && !rule.default) {
    messages.push(`\`if\` keyword is required before ${kind} body`);
  }
  if (head.value === undefined && !head.contains) {
    messages.push('`contains` keyword is required for partial set rules');
  }
  return messages;
}
