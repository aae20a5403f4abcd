import { signatureOf } from '../builtins/signatures.ts';
import type {
  Body,
  CallTerm,
  EveryExpr,
  Expr,
  Location,
  LogicalExpr,
  NotExpr,
  SomeExpr,
  With,
} from '../syntax/ast.ts';
import { calledName } from '../syntax/names.ts';
import { MEMBER, MEMBER_WITH_KEY } from '../syntax/operators.ts';
import { refText } from '../syntax/text.ts';
import { closingRow } from './layout.ts';
import { beginsWithBrace, isUnion, isUnionExpr, leadingOperand } from './leads.ts';
import { writeBlock, writeMembership, writePlainCall, writeTerm } from './write-term.ts';
import { newlinesIn, type Writer } from './writer.ts';

/** Expressions in rows of their own; blank lines between them stay. */
export function writeBody(w: Writer, body: Body): void {
  const [first] = body;
  if (first !== undefined) w.insertComments(first.location);
  for (const [at, expr] of body.entries()) {
    const previous = body[at - 1];
    if (previous !== undefined && expr.location.row > w.endRow(previous.location) + 1) w.blankLine();
    w.startLine();
    w.meetsComment(() => writeExpr(w, expr));
    w.endLine();
  }
}

export function writeExpr(w: Writer, expr: Expr): void {
  const parens = w.parenthesizedExpr === expr;
  if (parens) w.parenthesizedExpr = undefined;
  w.insertComments(expr.location);
  if (!w.inline) w.startLine();
  // In v2, braces behind `not` are a body.
  const negatedBrace = expr.negated && (expr.kind === 'logical' || (w.dialect.v2 && beginsWithBrace(expr)));
  if (expr.negated) w.write(negatedBrace ? 'not (' : 'not ');
  if (parens) w.write('(');
  writeBare(w, expr);
  if (parens) w.write(')');
  if (negatedBrace) w.write(')');
  writeModifiers(w, expr);
}

function writeBare(w: Writer, expr: Expr): void {
  switch (expr.kind) {
    case 'term':
      return expr.term.kind === 'call' ? writeCallExpr(w, expr.term) : writeTerm(w, expr.term);
    case 'some':
      return w.orForget(() => writeSome(w, expr));
    case 'some-in':
      return w.orForget(() => {
        w.insertComments(expr.location);
        w.write('some ');
        const operands = expr.key === undefined ? [expr.value] : [expr.key, expr.value];
        const name = expr.key === undefined ? MEMBER : MEMBER_WITH_KEY;
        writeMembership(w, [...operands, expr.domain], name, false, expr.location);
      });
    case 'every':
      return w.orForget(() => writeEvery(w, expr));
    case 'not':
      return w.orForget(() => writeNot(w, expr));
    case 'logical':
      return w.orForget(() => writeLogical(w, expr));
  }
}

/** `with` stays in the row in which the expression ends, or in one of its own. */
function writeModifiers(w: Writer, expr: Expr): void {
  const [first, ...others] = expr.with;
  if (first === undefined) return;
  let row = rowBeforeModifiers(w, expr, first);
  let rest = expr.with;
  if (first.location.row === row) {
    writeModifier(w, first, false);
    row = first.location.row;
    rest = others;
  }
  const { level } = w;
  for (const modifier of rest) {
    const breaks = modifier.location.row > row;
    if (breaks) {
      w.level = level + 1;
      w.breakLine();
      row = modifier.location.row;
    }
    writeModifier(w, modifier, breaks);
  }
  w.level = level;
}

function rowBeforeModifiers(w: Writer, { location }: Expr, first: With): number {
  const cut = first.location.offset - location.offset;
  const text = w.text(location);
  const terms = cut > 0 && cut <= text.length ? text.slice(0, cut) : text;
  return location.row + newlinesIn(terms.trimEnd());
}

function writeModifier(w: Writer, { target, value, location }: With, isOwnLine: boolean): void {
  w.insertComments(location);
  w.write(isOwnLine ? 'with ' : ' with ');
  writeTerm(w, target);
  w.write(' as ');
  w.meetsComment(() => writeTerm(w, value));
}

function writeSome(w: Writer, { symbols, location }: SomeExpr): void {
  w.insertComments(location);
  w.write('some ');
  let { row } = location;
  for (const [at, symbol] of symbols.entries()) {
    if (symbol.location.row > row) {
      w.breakLine();
      w.write('\t');
      ({ row } = symbol.location);
    } else if (at > 0) w.write(' ');
    writeTerm(w, symbol);
    if (at < symbols.length - 1) w.write(',');
  }
}

function writeEvery(w: Writer, { key, value, domain, body, location }: EveryExpr): void {
  w.insertComments(location);
  w.write('every ');
  if (key !== undefined) {
    writeTerm(w, key);
    w.write(', ');
  }
  writeTerm(w, value);
  w.write(' in ');
  writeTerm(w, domain);
  w.write(' {');
  w.meetsComment(() => writeBlock(w, body, { brackets: '{}', after: location, whole: location }));
  if (body.length === 1 && body[0]?.location.row === location.row) w.write(' ');
  w.write('}');
}

function writeNot(w: Writer, { body, explicit, location }: NotExpr): void {
  w.insertComments(location);
  w.write('not ');
  const [first] = body;
  if (first === undefined) return;
  if (explicit || body.length > 1) return writeBraced(w, body, location);
  const parens =
    first.with.length > 0 || first.kind === 'logical' || first.kind === 'not' || beginsWithBrace(first);
  if (parens) w.write('(');
  w.meetsComment(() => writeExpr(w, first));
  if (parens) w.write(')');
}

/** A body in braces, from the place of its opening one. */
function writeBraced(w: Writer, body: Body, brace: Location): void {
  if (isUnionExpr(body[0])) w.parenthesizedExpr = body[0];
  w.write('{');
  w.meetsComment(() => writeBlock(w, body, { brackets: '{}', after: brace, whole: brace }));
  if (body.at(-1)?.location.row === brace.row) w.write(' ');
  w.write('}');
}

interface Operand {
  readonly body: Body;
  readonly parens: boolean;
  /** Of operands in braces. */
  readonly brace: Location | undefined;
}

interface Step {
  readonly operator: 'and' | 'or';
  readonly right: Operand;
  /** In which all ends that stands left of the operator. */
  readonly leftEndRow: number;
}

function writeLogical(w: Writer, expr: LogicalExpr): void {
  const { first, steps } = flatten(w, expr);
  const { level } = w;
  w.meetsComment(() => writeLogicalOperand(w, first));
  for (const { operator, right, leftEndRow } of steps) {
    w.write(` ${operator}`);
    const start = right.brace ?? right.body[0]?.location;
    if (start !== undefined && start.row > leftEndRow) {
      w.level = level + 1;
      w.breakLine();
    } else w.write(' ');
    w.meetsComment(() => writeLogicalOperand(w, right));
  }
  w.level = level;
}

function writeLogicalOperand(w: Writer, { body, parens, brace }: Operand): void {
  if (brace !== undefined) return writeBraced(w, body, brace);
  const [expr] = body;
  if (expr === undefined) return;
  if (parens) w.write('(');
  try {
    writeExpr(w, expr);
  } finally {
    if (parens) w.write(')');
  }
}

/** `a and b and c` as one chain. */
function flatten(w: Writer, expr: LogicalExpr): { readonly first: Operand; readonly steps: readonly Step[] } {
  const { operator, left, right, leftExplicit, rightExplicit, location } = expr;
  const rightOperand = operandOf(w, right, rightExplicit, operator, true, location);
  const [inner] = left;
  if (
    !leftExplicit &&
    left.length === 1 &&
    inner?.kind === 'logical' &&
    !needsParens(inner, operator, false)
  ) {
    const chain = flatten(w, inner);
    const step = { operator, right: rightOperand, leftEndRow: endRowOf(w, left) };
    return { first: chain.first, steps: [...chain.steps, step] };
  }
  const first = operandOf(w, left, leftExplicit, operator, false, location);
  return { first, steps: [{ operator, right: rightOperand, leftEndRow: operandEndRow(w, first) }] };
}

function operandOf(
  w: Writer,
  body: Body,
  explicit: boolean,
  operator: 'and' | 'or',
  isRight: boolean,
  whole: Location,
): Operand {
  const [expr] = body;
  if (explicit || body.length !== 1 || expr === undefined) {
    return { body, parens: false, brace: braceBefore(w, whole, body) };
  }
  return { body, parens: needsParens(expr, operator, isRight), brace: undefined };
}

function needsParens(expr: Expr, operator: 'and' | 'or', isRight: boolean): boolean {
  if (expr.with.length > 0) return true;
  if (expr.kind !== 'logical') return beginsWithBrace(expr);
  return expr.operator === 'or' ? operator === 'and' || isRight : operator === 'and' && isRight;
}

function operandEndRow(w: Writer, { body, brace }: Operand): number {
  const row = brace === undefined ? -1 : closingRow(w.text(brace), brace.row, '{}').row;
  return row > 0 ? row : endRowOf(w, body);
}

function endRowOf(w: Writer, body: Body): number {
  const last = body.at(-1)?.location;
  return last === undefined ? 0 : last.row + newlinesIn(w.text(last).trimEnd());
}

/** The place of the brace that opens the body of an operand. */
function braceBefore(w: Writer, whole: Location, body: Body): Location {
  const [first] = body;
  if (first === undefined) return whole;
  const text = w.text(whole);
  const at = text.lastIndexOf('{', Math.min(first.location.offset - whole.offset, text.length) - 1);
  if (at < 0) return whole;
  return { ...whole, row: whole.row + newlinesIn(text.slice(0, at)), offset: whole.offset + at };
}

/** A call that is a whole expression: infix operators may have their result behind `=`. */
function writeCallExpr(w: Writer, term: CallTerm): void {
  const name = calledName(term) ?? '';
  const { args, operator } = term;
  if (name === MEMBER || name === MEMBER_WITH_KEY) {
    return writeMembership(w, args, name, false, operator.location);
  }
  const signature = signatureOf(name);
  if (signature?.infix === undefined) return writePlainCall(w, term);
  const [left, right, result, ...more] = args;
  if (left === undefined || right === undefined || more.length > 0) {
    w.arityMismatch(refText(operator), operator.location);
    return writePlainCall(w, term);
  }
  if (result !== undefined) {
    w.orForget(() => writeTerm(w, result));
    w.write(' = ');
  }
  w.orForget(() => writeTerm(w, left));
  w.write(` ${signature.infix} `);
  if (result === undefined) writeTerm(w, right);
  else w.orForget(() => writeTerm(w, right));
}

/** Puts the union in parentheses with which the expression begins: behind a brace it would be a comprehension. */
export function markLeadingUnion(w: Writer, expr: Expr): void {
  if (expr.negated) return;
  if (expr.kind === 'logical') {
    const { first } = flatten(w, expr);
    const [inner] = first.body;
    if (first.brace === undefined && !first.parens && inner !== undefined) markLeadingUnion(w, inner);
  } else if (isUnionExpr(expr)) w.parenthesizedExpr = expr;
  else if (expr.kind === 'term') {
    const lead = leadingOperand(expr.term, true);
    if (isUnion(lead)) w.parenthesizedTerm = lead;
  }
}
