/** Queries rewritten so that they tell the value of each of their expressions, as those of OPA's `eval` do. */
import { signatureOf } from '../builtins/signatures.ts';
import type { Body, CallTerm, Expr, Module, TermExpr, VarTerm } from '../syntax/ast.ts';
import { dottedName } from '../syntax/names.ts';
import { operatorRef } from '../syntax/operators.ts';
import { visitBody } from '../syntax/visit.ts';

export interface Capture {
  readonly expr: Expr;
  /** The variable that holds the value; undefined for an expression that can only hold, or not. */
  readonly variable: string | undefined;
}

export interface CapturedQuery {
  readonly body: Body;
  readonly captures: readonly Capture[];
}

/**
 * Of a single expression that does not iterate the value may be false; any other has to hold for a result.
 * `arityOf` knows the functions of rules, by their whole names.
 */
export function captureValues(query: Body, arityOf: ReadonlyMap<string, number>): CapturedQuery {
  const mustHold = query.length > 1 || iterates(query);
  const captures = query.map((expr, index): Capture => {
    const isCaptured = expr.kind === 'term' && !expr.negated && hasValue(expr, arityOf);
    return { expr, variable: isCaptured ? variableName(index) : undefined };
  });
  const body = captures.flatMap(({ expr, variable }): readonly Expr[] => {
    if (variable === undefined || expr.kind !== 'term') return [expr];
    const { location } = expr;
    const value: VarTerm = { kind: 'var', name: variable, location };
    const term: CallTerm = {
      kind: 'call',
      operator: operatorRef('eq', location),
      args: [value, expr.term],
      location,
    };
    const holds: TermExpr = { ...expr, term: value, with: [] };
    return mustHold ? [{ ...expr, term }, holds] : [{ ...expr, term }];
  });
  // A declaration is none of the expressions that an answer tells of.
  return { body, captures: captures.filter(({ expr }) => expr.kind !== 'some') };
}

/** No variable of a source can have a blank in its name. */
function variableName(index: number): string {
  return `value ${index}`;
}

export function isCaptureName(name: string): boolean {
  return name.includes(' ');
}

function hasValue({ term }: TermExpr, arityOf: ReadonlyMap<string, number>): boolean {
  if (term.kind !== 'call') return true;
  const name = dottedName(term.operator) ?? '';
  if (name === 'assign' || name === 'eq') return false;
  const signature = signatureOf(name);
  if (signature?.result === undefined && signature !== undefined) return false;
  const arity = signature?.args.length ?? arityOf.get(name);
  return arity === undefined || arity === term.args.length;
}

/** A variable in a ref, or a relation: there may be more than one answer. */
function iterates(query: Body): boolean {
  let found = false;
  visitBody(query, {
    term: (term) => {
      if (term.kind.endsWith('comprehension')) return true;
      if (term.kind === 'ref' && term.path.some(({ kind }) => kind === 'var')) found = true;
      if (term.kind === 'call' && dottedName(term.operator) === 'walk') found = true;
      return found;
    },
  });
  return found;
}

/** How many arguments the functions of the modules take, by their names below `data`. */
export function functionArities(modules: readonly Module[]): ReadonlyMap<string, number> {
  return new Map(
    modules.flatMap(({ package: { path }, rules }) =>
      rules.flatMap(({ head }): readonly [string, number][] => {
        const name = [dottedName(path), dottedName(head.ref)].join('.');
        return head.args === undefined ? [] : [[name, head.args.length]];
      }),
    ),
  );
}
