import type { Location, TermExpr, With } from './ast.ts';
import { operatorRef } from './operators.ts';
import { parseInfix, parseTerm } from './parse-term.ts';
import type { Parser } from './parser.ts';

export const NO_WITH: readonly With[] = [];

/** True where `and` or `or` are keywords. */
export function logicalKeywords(p: Parser): boolean {
  return p.hasKeyword('and') || p.hasKeyword('or');
}

/** Steps over `not`, unless it begins a ref such as `not.x`, and returns its place. */
export function takeNot(p: Parser): Location | undefined {
  if (!p.at('not')) return undefined;
  const next = p.peek(false);
  if (next === '.' || next === '[') return undefined;
  const location = p.here();
  p.scan();
  return location;
}

/** A term, or `term := term`, `term = term`. */
export function parseExpr(p: Parser): TermExpr | undefined {
  const start = p.here();
  const left = parseInfix(p, true);
  if (left === undefined) return undefined;
  let term = left;
  if (p.at('assign') || p.at('eq')) {
    const operator = operatorRef(p.token, p.here());
    p.scan();
    const right = parseInfix(p, true);
    if (right === undefined) return undefined;
    term = { kind: 'call', operator, args: [left, right], location: p.span(start) };
  }
  return { kind: 'term', term, negated: false, with: NO_WITH, location: p.span(start) };
}

/** `with target as value` as often as it comes; undefined where one is malformed. */
export function parseModifiers(p: Parser): readonly With[] | undefined {
  if (!p.at('with')) return NO_WITH;
  const modifiers: With[] = [];
  while (p.at('with')) {
    const start = p.here();
    p.scan();
    if (!p.at('identifier')) return p.illegal('expected ident');
    const target = parseTerm(p);
    if (target === undefined) return undefined;
    if (target.kind !== 'ref' && target.kind !== 'var') p.illegal('expected with target path');
    if (!p.at('as')) return p.illegal('expected as keyword');
    p.scan();
    const value = parseInfix(p, true);
    if (value === undefined) return undefined;
    modifiers.push({ target, value, location: p.span(start) });
  }
  return modifiers;
}
