import type { Body, EveryExpr, Expr, Location, SomeExpr, SomeInExpr, Term, VarTerm } from './ast.ts';
import { calledName } from './names.ts';
import { MEMBER, MEMBER_WITH_KEY } from './operators.ts';
import {
  foldLogical,
  negate,
  parseBracedOperand,
  parseGroupLiteral,
  parseLogicalBehind,
  parseNegatedGroup,
  parseNotBody,
} from './parse-logical.ts';
import { logicalKeywords, NO_WITH, parseExpr, parseModifiers, takeNot } from './parse-expr.ts';
import { parseInfix, parseVar } from './parse-term.ts';
import type { Parser } from './parser.ts';
import { FUTURE_KEYWORDS, type Token } from './token.ts';

/** Expressions up to `end`, which stays the current token. */
export function parseBody(p: Parser, end: Token): Body | undefined {
  if (!p.enter()) return undefined;
  const body = parseExpressions(p, false, end);
  p.leave();
  return body;
}

/** Expressions that `;` or a newline separates; where only `;` does, one that is followed by none is the last. */
export function parseExpressions(p: Parser, semicolonsOnly: boolean, end: Token): Body | undefined {
  if (p.at(end)) return p.error(p.here(), 'found empty body');
  const body: Expr[] = [];
  for (;;) {
    const expr = parseLiteral(p);
    if (expr === undefined) return undefined;
    body.push(expr);
    if (p.at(';')) {
      p.scan();
      continue;
    }
    if (semicolonsOnly || p.at(end)) return body;
    if (p.s.skippedNewline) continue;
    if (!p.failed) {
      hintMissingKeyword(p);
      p.illegal(`expected \\n or ; or ${end}`);
    }
    return undefined;
  }
}

/** One expression of a body. */
export function parseLiteral(p: Parser): Expr | undefined {
  const start = p.here();
  const expr = parseLiteralHere(p);
  if (expr === undefined) return undefined;
  const location = p.span(start);
  if (expr.kind !== 'not' || expr.explicit) return { ...expr, location };
  return { ...expr, body: expr.body.map((inner) => ({ ...inner, location })), location };
}

function parseLiteralHere(p: Parser): Expr | undefined {
  if (logicalKeywords(p)) {
    const logical = p.at('{') ? parseBracedOperand(p) : p.at('(') ? parseGroupLiteral(p) : undefined;
    if (logical !== undefined) return logical.expr;
  }
  if (p.acceptKeywordAsRefHead()) return parseTermLiteral(p, undefined);
  const not = takeNot(p);
  if (not !== undefined && p.notBodies && p.at('{')) {
    const negated = parseNotBody(p, not);
    return negated === undefined ? undefined : foldLogical(p, [negated], false, negated.location);
  }
  if (p.at('some')) return not === undefined ? parseSome(p) : p.illegal("illegal negation of 'some'");
  if (p.at('every')) return not === undefined ? parseEvery(p) : p.illegal("illegal negation of 'every'");
  return parseTermLiteral(p, not);
}

function parseTermLiteral(p: Parser, not: Location | undefined): Expr | undefined {
  if (not !== undefined && p.notBodies && p.at('(')) {
    const group = parseNegatedGroup(p, not);
    if (group !== undefined) return group.expr;
  }
  const state = p.save();
  const plain = parseExpr(p);
  if (plain === undefined) return undefined;
  const withLocation = p.at('with') ? p.here() : undefined;
  const modifiers = parseModifiers(p);
  if (modifiers === undefined) return undefined;
  hintEvery(p, plain.term, state);
  const modified = { ...plain, with: modifiers };
  const expr =
    not !== undefined && p.notBodies
      ? negate(p, plain, not, modifiers)
      : { ...modified, negated: not !== undefined };
  if (!p.at('logical-and') && !p.at('logical-or')) return expr;
  return parseLogicalBehind(p, expr, not, withLocation);
}

function parseSome(p: Parser): Expr | undefined {
  const location = p.here();
  const state = p.save();
  p.scan();
  const term = parseInfix(p, true);
  if (term?.kind === 'call') return parseSomeIn(p, term.args, calledName(term), location);
  p.restore(state);
  hintSomeIn(p);
  const symbols: VarTerm[] = [];
  do {
    p.scan();
    if (!p.at('identifier')) return p.illegal('expected var');
    symbols.push(parseVar(p));
    p.scan();
  } while (p.at(','));
  return { kind: 'some', symbols, negated: false, with: NO_WITH, location } satisfies SomeExpr;
}

function parseSomeIn(
  p: Parser,
  args: readonly Term[],
  name: string | undefined,
  location: Location,
): SomeInExpr | undefined {
  if (name !== MEMBER && name !== MEMBER_WITH_KEY) {
    return p.illegal('expected `x in xs` or `x, y in xs` expression');
  }
  const [key, value, domain] = name === MEMBER ? [undefined, ...args] : args;
  if (value === undefined || domain === undefined || args.length !== (name === MEMBER ? 2 : 3)) {
    return p.illegal('illegal domain');
  }
  const modifiers = parseModifiers(p);
  if (modifiers === undefined) return undefined;
  return { kind: 'some-in', key, value, domain, negated: false, with: modifiers, location };
}

function parseEvery(p: Parser): EveryExpr | undefined {
  const location = p.here();
  p.scan();
  const term = parseInfix(p, true);
  if (term === undefined) return undefined;
  const name = calledName(term);
  if (term.kind !== 'call' || (name !== MEMBER && name !== MEMBER_WITH_KEY)) {
    return p.illegal('expected `x[, y] in xs { ... }` expression');
  }
  const [key, value, domain] = name === MEMBER ? [undefined, ...term.args] : term.args;
  if (value === undefined || domain === undefined || term.args.length !== (name === MEMBER ? 2 : 3)) {
    return p.illegal('illegal domain');
  }
  if (key !== undefined && key.kind !== 'var') return p.illegal('expected key to be a variable');
  if (value.kind !== 'var') return p.illegal('expected value to be a variable');
  if (!p.at('{')) return p.illegal('missing body');
  p.scan();
  const body = parseBody(p, '}');
  if (body === undefined) return undefined;
  p.scan();
  const modifiers = parseModifiers(p);
  if (modifiers === undefined) return undefined;
  return { kind: 'every', key, value, domain, body, negated: false, with: modifiers, location };
}

/** What each infix keyword would make possible. */
const INFIX_EXAMPLES: ReadonlyMap<string, string> = new Map([
  ['in', 'x in xs'],
  ['and', 'x and y'],
  ['or', 'x or y'],
]);

/** Advises the import that would make sense of what stands behind an expression. */
function hintMissingKeyword(p: Parser): void {
  if (p.s.hints.length > 0) return;
  const keyword = p.at('identifier') ? p.s.literal : p.at(',') && opensMember(p) ? 'in' : '';
  const example = INFIX_EXAMPLES.get(keyword);
  if (example !== undefined) p.hint(`\`import future.keywords.${keyword}\` for \`${example}\` expressions`);
}

/** True where `in` as a keyword would make the terms behind the current token a membership. */
function opensMember(p: Parser): boolean {
  return p.speculate(FUTURE_KEYWORDS, () => {
    p.scan();
    const term = parseInfix(p, true);
    const name = term === undefined ? undefined : calledName(term);
    return name === MEMBER || name === MEMBER_WITH_KEY;
  });
}

function hintSomeIn(p: Parser): void {
  if (p.version === 'v0' && opensMember(p))
    p.hint('`import future.keywords.in` for `some x in xs` expressions');
}

function hintEvery(p: Parser, term: Term, before: Parser['s']): void {
  if (p.version !== 'v0' || term.kind !== 'var' || term.name !== 'every') return;
  const state = p.save();
  p.restore(before);
  const isEvery = p.speculate(FUTURE_KEYWORDS, () => parseEvery(p) !== undefined);
  p.restore(state);
  if (isEvery) p.hint('`import future.keywords.every` for `every x in xs { ... }` expressions');
}
