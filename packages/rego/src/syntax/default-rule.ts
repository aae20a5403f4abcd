import type { Term } from './ast.ts';
import { kindName } from './names.ts';
import { visitTerm } from './visit.ts';

/** Why a term cannot be the value of a default rule: it must be known without evaluation. */
export function defaultValueProblems(value: Term): readonly string[] {
  const problems: string[] = [];
  visitTerm(value, {
    term: (term) => {
      if (term.kind.endsWith('-comprehension')) return true;
      if (term.kind !== 'ref' && term.kind !== 'var' && term.kind !== 'call') return false;
      problems.push(`value cannot contain ${kindName(term)}`);
      return true;
    },
  });
  return problems;
}

/** Why terms cannot be the arguments of a default function: each must be a variable of its own. */
export function defaultArgsProblems(args: readonly Term[]): readonly string[] {
  const problems: string[] = [];
  const names = new Set<string>();
  for (const arg of args) {
    if (arg.kind !== 'var') problems.push(`arguments cannot contain ${kindName(arg)}`);
    else if (names.has(arg.name)) problems.push(`arguments cannot be repeated ${arg.name}`);
    else names.add(arg.name);
  }
  return problems;
}
