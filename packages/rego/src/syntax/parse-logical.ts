import type { Body, Expr, Location, LogicalExpr, NotExpr, TermExpr, With } from './ast.ts';
import { calledName, kindName } from './names.ts';
import { MEMBER, MEMBER_WITH_KEY, precedenceOf } from './operators.ts';
import { logicalKeywords, NO_WITH, parseExpr, parseModifiers, takeNot } from './parse-expr.ts';
import { parseInfix, parseTerm } from './parse-term.ts';
import type { Parser } from './parser.ts';

/** One side of `and` or `or`, or what `not` negates. */
interface Operand {
  readonly body: Body;
  /** Written with braces. */
  readonly explicit: boolean;
  readonly location: Location;
}

/** The source is an operand; `expr` is absent where it is a malformed one. */
interface Committed {
  readonly expr: Expr | undefined;
}

const FAILED: Committed = { expr: undefined };
/** Built-ins that yield nothing, so that an operand of them alone would always hold. */
const VOID_BUILTINS: ReadonlySet<string> = new Set(['print', 'internal.print', 'internal.test_case']);

/** `{ body } and …` at the start of an expression; undefined (and nothing read) where the braces are something else. */
export function parseBracedOperand(p: Parser): Committed | undefined {
  const state = p.save();
  const { cache } = p;
  const location = p.here();
  p.scan();
  const body = p.grammar.body(p, '}');
  if (body !== undefined) {
    p.scan();
    if (atLogical(p)) {
      if (isAmbiguousUnion(p, body)) return errorAmbiguousUnion(p, location, body, '') ?? FAILED;
      const expr = parseOrChain(p, { body, explicit: true, location });
      return { expr: expr && attachWith(p, expr) };
    }
  }
  p.restoreWithCache(state, cache);
  return undefined;
}

/** `(a or b)` or `(a or b) and c` at the start of an expression. */
export function parseGroupLiteral(p: Parser): Committed | undefined {
  const group = parseGroup(p, false, '');
  if (group === undefined) return undefined;
  const { operand } = group;
  return operand === undefined
    ? FAILED
    : { expr: foldLogical(p, operand.body, operand.explicit, operand.location) };
}

/** `not (a or b)`, behind `not`. */
export function parseNegatedGroup(p: Parser, not: Location): Committed | undefined {
  const group = parseGroup(p, true, 'not ');
  if (group === undefined) return undefined;
  const { operand } = group;
  if (operand === undefined) return FAILED;
  const location = p.span(not);
  const expr = notExpr(operand.body, operand.explicit, location);
  return { expr: foldLogical(p, [expr], false, location) };
}

/** `not { body }`, at the brace. */
export function parseNotBody(p: Parser, not: Location): NotExpr | undefined {
  const brace = p.here();
  const state = p.save();
  p.scan();
  const isEmpty = p.at('}');
  const body = p.grammar.body(p, '}');
  if (body === undefined) return isEmpty ? undefined : errorNoBody(p, brace, state);
  p.scan();
  if (isAmbiguousUnion(p, body)) return errorAmbiguousUnion(p, brace, body, 'not ');
  return notExpr(body, true, p.span(not));
}

/** The braces behind `not` may hold a value: then that is what is wrong with them. */
function errorNoBody(p: Parser, brace: Location, state: Parser['s']): undefined {
  const failed = p.save();
  p.restore(state);
  const term = parseInfix(p, true);
  if (term === undefined) {
    p.restore(failed);
    return undefined;
  }
  const operand = p.source.slice(brace.offset, p.s.lastEnd);
  p.hint(`write \`not (${operand})\` to negate the value, or \`not {${operand}}\` for a body holding it`);
  let value = term;
  while (value.kind === 'call' && isInfix(calledName(value)) && value.args[0] !== undefined)
    value = value.args[0];
  return p.error(
    brace,
    `\`{...}\` in an operand position must contain expression(s), got: ${kindName(value)}`,
  );
}

function isInfix(name: string | undefined): boolean {
  if (name === undefined) return false;
  const others = [MEMBER, MEMBER_WITH_KEY, 'eq', 'assign'];
  return others.includes(name) || precedenceOf(name) !== undefined;
}

/** The expression as a body of its own; `with` modifies the whole. */
export function negate(p: Parser, expr: TermExpr, not: Location, modifiers: readonly With[]): NotExpr {
  return { ...notExpr([expr], false, p.span(not)), with: modifiers };
}

function notExpr(body: Body, explicit: boolean, location: Location): NotExpr {
  return { kind: 'not', body, explicit, negated: false, with: NO_WITH, location };
}

/** `and` or `or` behind a plain expression, which is the first operand. */
export function parseLogicalBehind(
  p: Parser,
  expr: Expr,
  not: Location | undefined,
  withLocation: Location | undefined,
): Expr | undefined {
  if (withLocation !== undefined) return errorWithOnOperand(p, withLocation);
  const text = p.text(expr.location);
  if (not === undefined && text.startsWith('{')) {
    if (isEmptyObject(expr)) return p.error(expr.location, 'found empty body');
    return errorBraceLed(p, expr.location, text, keywordAt(p));
  }
  const chain = parseOrChain(p, { body: [expr], explicit: false, location: expr.location });
  return chain && attachWith(p, chain);
}

function isEmptyObject(expr: Expr): boolean {
  return expr.kind === 'term' && expr.term.kind === 'object' && expr.term.entries.length === 0;
}

/** Reads `and` and `or` behind an operand that stands by itself, and `with` behind the whole. */
export function foldLogical(p: Parser, body: Body, explicit: boolean, location: Location): Expr | undefined {
  const expr = atLogical(p) ? parseOrChain(p, { body, explicit, location }) : body[0];
  return expr && attachWith(p, expr);
}

function attachWith(p: Parser, expr: Expr): Expr | undefined {
  if (!p.at('with')) return expr;
  const modifiers = parseModifiers(p);
  return modifiers && { ...expr, with: modifiers };
}

function atLogical(p: Parser): boolean {
  return p.at('logical-and') || p.at('logical-or');
}

function keywordAt(p: Parser): 'and' | 'or' {
  return p.at('logical-and') ? 'and' : 'or';
}

/** Both bind to the left, `and` more strongly. */
function parseOrChain(p: Parser, first: Operand): LogicalExpr | undefined {
  if (!p.enter()) return undefined;
  let left: Operand | undefined = p.at('logical-and') ? parseAndChain(p, first) : first;
  while (left !== undefined && p.at('logical-or')) {
    p.scan();
    let right = parseOperand(p, 'or');
    if (right !== undefined && p.at('logical-and')) right = parseAndChain(p, right);
    left = right && join(p, 'or', left, right);
  }
  p.leave();
  const expr = left?.body[0];
  return expr?.kind === 'logical' ? expr : undefined;
}

function parseAndChain(p: Parser, first: Operand): Operand | undefined {
  let left: Operand | undefined = first;
  while (left !== undefined && p.at('logical-and')) {
    p.scan();
    const right = parseOperand(p, 'and');
    left = right && join(p, 'and', left, right);
  }
  return left;
}

function join(p: Parser, operator: 'and' | 'or', left: Operand, right: Operand): Operand {
  checkVoid(p, left.body, operator);
  checkVoid(p, right.body, operator);
  const location = p.span(left.location);
  const expr: LogicalExpr = {
    kind: 'logical',
    operator,
    left: left.body,
    right: right.body,
    leftExplicit: left.explicit,
    rightExplicit: right.explicit,
    negated: false,
    with: NO_WITH,
    location,
  };
  return { body: [expr], explicit: false, location };
}

/** An operand; `operator` is the one it belongs to, absent where the caller only tries. */
function parseOperand(p: Parser, operator: 'and' | 'or' | undefined): Operand | undefined {
  if (p.at('{')) return parseBracesAsOperand(p, operator);
  const not = takeNot(p);
  if (not !== undefined && p.notBodies && p.at('{')) {
    const negated = parseNotBody(p, not);
    return negated && { body: [negated], explicit: false, location: negated.location };
  }
  if (p.at('(') && logicalKeywords(p) && (not === undefined || p.notBodies)) {
    const group = parseGroup(p, true, not === undefined ? '' : 'not ');
    if (group !== undefined) return groupOperand(p, group.operand, not);
  }
  const expr = parseExpr(p);
  if (expr === undefined) return undefined;
  if (not === undefined) return { body: [expr], explicit: false, location: expr.location };
  const negated = p.notBodies ? negate(p, expr, not, NO_WITH) : { ...expr, negated: true };
  return { body: [negated], explicit: false, location: negated.location };
}

function groupOperand(
  p: Parser,
  operand: Operand | undefined,
  not: Location | undefined,
): Operand | undefined {
  if (operand === undefined || not === undefined) return operand;
  const location = p.span(not);
  return { body: [notExpr(operand.body, operand.explicit, location)], explicit: false, location };
}

function parseBracesAsOperand(p: Parser, operator: 'and' | 'or' | undefined): Operand | undefined {
  const location = p.here();
  const state = p.save();
  p.scan();
  const isEmpty = p.at('}');
  const body = p.grammar.body(p, '}');
  if (body === undefined) {
    if (isEmpty || operator === undefined) return undefined;
    const failed = p.save();
    p.restore(state);
    if (parseInfix(p, true) !== undefined) {
      return errorBraceLed(p, location, p.source.slice(location.offset, p.s.lastEnd), operator);
    }
    p.restore(failed);
    return undefined;
  }
  p.scan();
  // The body is handed back all the same: a group that is none takes the error back with everything else.
  if (isAmbiguousUnion(p, body)) errorAmbiguousUnion(p, location, body, '');
  return { body, explicit: true, location };
}

/** `(…)` around operands; undefined (and nothing read) where the parentheses hold a term. */
function parseGroup(
  p: Parser,
  isOperand: boolean,
  prefix: string,
): { readonly operand: Operand | undefined } | undefined {
  if (!p.enter()) return { operand: undefined };
  const group = parseGroupHere(p, isOperand, prefix);
  p.leave();
  return group;
}

function parseGroupHere(
  p: Parser,
  isOperand: boolean,
  prefix: string,
): { readonly operand: Operand | undefined } | undefined {
  const state = p.save();
  const open = p.here();
  p.scan();
  if (p.at(')') && isOperand) return { operand: p.error(open, 'empty parenthesized group') };
  const first = p.at(')') ? undefined : parseOperand(p, undefined);
  if (first === undefined) {
    p.restore(state);
    return undefined;
  }
  if (atLogical(p)) {
    const chain = parseOrChain(p, first);
    const expr = chain && attachWith(p, chain);
    return { operand: expr && closeGroup(p, [expr], open) };
  }
  if (p.at('with') && !first.explicit) return parseGroupWith(p, first, open, isOperand, state);
  if (first.explicit) return parseGroupOfBraces(p, first, open, prefix, state);
  const [expr] = first.body;
  if (expr?.kind === 'logical' || expr?.kind === 'not' || expr?.negated === true) {
    return { operand: closeGroup(p, first.body, open) };
  }
  p.restore(state);
  return undefined;
}

function closeGroup(p: Parser, body: Body, open: Location): Operand | undefined {
  if (!p.at(')')) return p.error(p.here(), 'expected ) to close parenthesized group');
  p.scan();
  return { body, explicit: false, location: p.span(open) };
}

/** `(a with x as y)`: the modifier binds to the only operand. */
function parseGroupWith(
  p: Parser,
  first: Operand,
  open: Location,
  isOperand: boolean,
  state: Parser['s'],
): { readonly operand: Operand | undefined } | undefined {
  const withLocation = p.here();
  const expr = first.body[0] && attachWith(p, first.body[0]);
  if (expr === undefined) return { operand: undefined };
  if (atLogical(p)) return { operand: errorWithOnOperand(p, withLocation) };
  const operand = closeGroup(p, [expr], open);
  if (operand === undefined || isOperand || atLogical(p)) return { operand };
  p.restore(state);
  return undefined;
}

/** `({ … })`: the braces are a value, if anything. */
function parseGroupOfBraces(
  p: Parser,
  first: Operand,
  open: Location,
  prefix: string,
  state: Parser['s'],
): { readonly operand: undefined } | undefined {
  const braces = p.source.slice(first.location.offset, p.s.lastEnd);
  p.restore(state);
  p.scan();
  const term = parseTerm(p);
  p.restore(state);
  if (term !== undefined) return undefined;
  p.hint(`drop the parens to keep the body: \`${prefix}${braces}\``);
  return { operand: p.error(open, '`(...)` in an operand position cannot contain a body') };
}

/** `{ a | b }` as a body is a union that could as well be a comprehension. */
function isAmbiguousUnion(p: Parser, body: Body): boolean {
  const [expr] = body;
  if (expr?.kind !== 'term' || expr.term.kind !== 'call' || calledName(expr.term) !== 'or') return false;
  return p.text(expr.term.operator.location) === '|' && !p.text(expr.location).trimStart().startsWith('(');
}

function errorAmbiguousUnion(p: Parser, brace: Location, body: Body, prefix: string): undefined {
  const braces = p.source.slice(brace.offset, p.s.lastEnd);
  const expr = body[0]?.location ?? brace;
  const [from, to] = [expr.offset - brace.offset, expr.end - brace.offset];
  const union = `${braces.slice(0, from)}(${braces.slice(from, to)})${braces.slice(to)}`;
  p.hint(`write \`${prefix}(${braces})\` for the comprehension, or \`${prefix}${union}\` for the set union`);
  return p.error(
    brace,
    'ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension',
  );
}

function errorBraceLed(p: Parser, location: Location, operand: string, operator: string): undefined {
  p.hint(`wrap the operand to keep the value: \`(${operand}) ${operator} ...\``);
  return p.error(
    location,
    `operand of \`${operator}\` cannot begin with \`{\` unless the braces hold a body`,
  );
}

function errorWithOnOperand(p: Parser, location: Location): undefined {
  const operator = keywordAt(p);
  p.hint(
    'Wrap the operand in `(...)` or `{...}` to scope, ' +
      `or move \`with\` after the \`${operator}\` expression to apply it to the whole expression`,
  );
  return p.error(location, `\`with\` modifier is not allowed on operand of \`${operator}\``);
}

/** An operand of nothing but `print` always holds: it is a mistake. */
function checkVoid(p: Parser, body: Body, operator: 'and' | 'or'): void {
  const names = body.map((expr) =>
    expr.kind === 'term' && !expr.negated ? calledName(expr.term) : undefined,
  );
  const [name] = names;
  const location = body[0]?.location;
  if (location === undefined || !names.every((each) => each !== undefined && VOID_BUILTINS.has(each))) return;
  p.hint(
    `\`${name}\` produces no value and always succeeds, so the operand can never fail; ` +
      'move it out of the operand, or add an expression that can fail',
  );
  p.error(location, `operand of \`${operator}\` cannot consist only of calls to \`${name}\``);
}
