import { patternNames } from '../plan/scope.ts';
import type { Location, SomeInExpr, Term } from '../syntax/ast.ts';
import { visitTerm } from '../syntax/visit.ts';

interface ArgumentVisitor {
  variable(name: string, location: Location): void;
  call(location: Location): void;
}

/** Visits what the arguments of a function bind: variables, also in arrays, refs and values of objects. */
export function visitArgument(arg: Term, visitor: ArgumentVisitor): void {
  visitTerm(arg, {
    term: (term) => {
      switch (term.kind) {
        case 'var':
          visitor.variable(term.name, term.location);
          return true;
        case 'object':
          for (const [, value] of term.entries) visitArgument(value, visitor);
          return true;
        case 'call':
          visitor.call(term.location);
          return true;
        case 'array':
        case 'ref':
          return false;
        default:
          return true;
      }
    },
  });
}

/** The names that `some … in` declares: of the value what a pattern binds, of the key all. */
export function declaredBySomeIn({ key, value }: SomeInExpr): ReadonlySet<string> {
  const names = new Set(patternNames(value));
  if (key !== undefined) for (const name of operandNames(key)) names.add(name);
  return names;
}

/** The variables of an operand, but for heads of refs. */
function operandNames(term: Term): ReadonlySet<string> {
  const names = new Set<string>();
  visitTerm(term, {
    term: (inner) => {
      if (inner.kind === 'var') names.add(inner.name);
      if (inner.kind !== 'ref') return false;
      for (const part of inner.path) for (const name of operandNames(part)) names.add(name);
      return true;
    },
  });
  return names;
}

/** The variables of a term, closures and template strings apart; with `bindable` also without heads of refs and keys of objects. */
export function openNames(term: Term | undefined, bindable: boolean): ReadonlySet<string> {
  const names = new Set<string>();
  if (term === undefined) return names;
  const add = (inner: Term): void => {
    for (const name of openNames(inner, bindable)) names.add(name);
  };
  visitTerm(term, {
    term: (inner) => {
      if (inner.kind === 'var') names.add(inner.name);
      if (inner.kind.endsWith('-comprehension') || inner.kind === 'template-string') return true;
      if (bindable && inner.kind === 'ref') {
        for (const part of inner.path) add(part);
        return true;
      }
      if (bindable && inner.kind === 'object') {
        for (const [, value] of inner.entries) add(value);
        return true;
      }
      return false;
    },
  });
  return names;
}
