import { declaredNames } from '../plan/scope.ts';
import type { Import, Location, Module, Rule, Term } from '../syntax/ast.ts';
import { dottedName, isRootDocument } from '../syntax/names.ts';
import { visitTerms } from '../syntax/visit.ts';

/** Every rule of the modules with its `else` rules. */
export function allRules(module: Module): readonly Rule[] {
  const rules: Rule[] = [];
  for (const first of module.rules) {
    for (let rule: Rule | undefined = first; rule !== undefined; rule = rule.else) rules.push(rule);
  }
  return rules;
}

/** True where the rules of v1 hold: by version or by import. */
export function isV1(module: Module): boolean {
  if (module.version !== 'v0') return true;
  return module.imports.some(({ path }) => /^rego\.v[12]$/.test(dottedName(path) ?? ''));
}

/** The name that an import gives to what it imports. */
export function importName({ alias, path }: Import): string {
  const last = path.path.at(-1) ?? path.head;
  return alias ?? (last.kind === 'string' ? last.value : last.kind === 'var' ? last.name : '');
}

/** All variables that occur in terms, whatever holds them. */
export function variablesOf(...terms: readonly (Term | undefined)[]): ReadonlySet<string> {
  const names = new Set<string>();
  visitTerms(
    terms.filter((term) => term !== undefined),
    {
      term: (term) => {
        if (term.kind === 'var') names.add(term.name);
        return false;
      },
    },
  );
  return names;
}

/** As `variablesOf`, without those that comprehensions declare for themselves. */
export function freeVariablesOf(...terms: readonly (Term | undefined)[]): ReadonlySet<string> {
  const names = new Set<string>();
  visitTerms(
    terms.filter((term) => term !== undefined),
    {
      term: (term) => {
        if (term.kind === 'var') names.add(term.name);
        if (!('body' in term)) return false;
        const declared = declaredNames(term.body);
        for (const name of variablesOf(term)) if (!declared.has(name)) names.add(name);
        return true;
      },
    },
  );
  return names;
}

/** `input` or `data` where the term is nothing else. */
export function rootOf(term: Term): string | undefined {
  if (term.kind !== 'ref' || term.path.length > 0 || term.head.kind !== 'var') return undefined;
  return isRootDocument(term.head.name) ? term.head.name : undefined;
}

export const NO_PLACE: Location = { file: '', row: 0, col: 0, offset: 0, end: 0 };
