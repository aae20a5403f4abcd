import { signatureOf } from '../builtins/signatures.ts';
import type { Location, Module, Term } from '../syntax/ast.ts';
import { calledName } from '../syntax/names.ts';
import { visitRule } from '../syntax/visit.ts';
import type { Findings } from './findings.ts';
import { isV1 } from './names.ts';

/** Calls of built-ins that v1 does without. */
export function checkDeprecated(modules: readonly Module[], strict: boolean, findings: Findings): void {
  for (const module of modules) {
    if (!strict && !isV1(module)) continue;
    const statements = new Set<Term>();
    const check = (term: Term, location: Location): void => {
      const name = calledName(term);
      if (name === undefined || signatureOf(name)?.isDeprecated !== true) return;
      const message = `deprecated built-in function calls in expression: ${name}`;
      findings.note('rego_type_error', message, location);
    };
    for (const rule of module.rules) {
      visitRule(rule, {
        expr: (expr) => {
          if (expr.kind !== 'term') return false;
          statements.add(expr.term);
          check(expr.term, expr.location);
          return false;
        },
        term: (term) => {
          if (!statements.has(term)) check(term, term.location);
          return false;
        },
      });
    }
  }
}
