import type { RefTerm, Term } from './ast.ts';

/** What OPA calls a kind of term in its messages. */
export function kindName(term: Term): string {
  return term.kind.replace('-', '');
}

/** The root documents, which no rule, argument or import may hide. */
export function isRootDocument(name: string): boolean {
  return name === 'data' || name === 'input';
}

/** `a.b` of the ref `a["b"]`: how built-ins and functions are named; undefined where a part is no string. */
export function dottedName({ head, path }: RefTerm): string | undefined {
  if (head.kind !== 'var') return undefined;
  let name = head.name;
  for (const part of path) {
    if (part.kind !== 'string') return undefined;
    name += `.${part.value}`;
  }
  return name;
}

/** The name of the function that a term calls; undefined for anything but a call. */
export function calledName(term: Term): string | undefined {
  return term.kind === 'call' ? dottedName(term.operator) : undefined;
}
