import type { Term } from './ast.ts';
import { visitTerm } from './visit.ts';

/** True where a term holds no variable; the head of a ref is none. */
export function isGround(term: Term): boolean {
  let ground = true;
  visitTerm(term, {
    term: (inner) => {
      if (inner.kind === 'ref' && inner.head.kind === 'var') {
        if (!inner.path.every(isGround)) ground = false;
        return true;
      }
      if (inner.kind === 'var') ground = false;
      return !ground;
    },
  });
  return ground;
}
