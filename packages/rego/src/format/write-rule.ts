import type { Head, Rule, Term } from '../syntax/ast.ts';
import { isGround } from '../syntax/ground.ts';
import { termText } from '../syntax/text.ts';
import { closingRow, writeSequence } from './layout.ts';
import { markLeadingUnion, writeBody, writeExpr } from './write-expr.ts';
import { writeRef, writeTerm } from './write-term.ts';
import type { Writer } from './writer.ts';

/** Rules with a blank line between them, but for adjacent rules of one line each. */
export function writeRules(w: Writer, rules: readonly Rule[]): void {
  for (const [at, rule] of rules.entries()) {
    w.meetsComment(() => w.insertComments(rule.location));
    w.meetsComment(() => writeRule(w, rule, false));
    const next = rules[at + 1];
    const isAdjacent = next !== undefined && next.location.row === rule.location.row + 1;
    if (!isAdjacent || !isOneLiner(w, rule) || !isOneLiner(w, next)) w.blankLine();
  }
}

function usesIf(w: Writer, { head }: Rule): boolean {
  return (w.dialect.v1 || w.dialect.if) && (w.dialect.contains || head.value !== undefined);
}

function isOneLiner(w: Writer, rule: Rule): boolean {
  if (rule.body.length > 1 || rule.default || rule.else !== undefined) return false;
  return !isSetBody(rule) && usesIf(w, rule);
}

/** A set alone keeps the braces of the body around it. */
function isSetBody({ body }: Rule): boolean {
  const [expr] = body;
  return expr?.kind === 'term' && !expr.negated && expr.term.kind === 'set';
}

/** The body is `true` and nothing else: the rule is a constant. */
function isConstant({ body, else: other }: Rule): boolean {
  const [expr] = body;
  if (body.length !== 1 || expr?.kind !== 'term' || expr.negated || expr.with.length > 0) return false;
  return other === undefined && expr.term.kind === 'boolean' && expr.term.value;
}

function writeRule(w: Writer, rule: Rule, isElse: boolean): void {
  if (!isElse) w.startLine();
  if (rule.default) w.write('default ');
  const constant = isConstant(rule);
  w.writeCommentOnFinalLine = constant;
  const met = w.meetsComment(() => writeHead(w, rule, isElse, constant));
  if (constant) return w.endLine();
  w.writeCommentOnFinalLine = true;
  const [first] = rule.body;
  if (first === undefined) return;
  const withIf = usesIf(w, rule);
  if (withIf) {
    w.write(' if');
    if (rule.body.length === 1 && first.location.row === w.endRow(rule.head.location) && !isSetBody(rule)) {
      w.write(' ');
      w.meetsComment(() => writeExpr(w, first));
      w.endLine();
      if (rule.else !== undefined) writeElse(w, rule, rule.else);
      return;
    }
  }
  if (met && w.comments.length > 0) w.write(' { ');
  else {
    w.write(' {');
    w.endLine();
  }
  if (withIf && !isElse) markLeadingUnion(w, first);
  writeBracedBody(w, rule);
  if (rule.else !== undefined) writeElse(w, rule, rule.else);
}

function writeBracedBody(w: Writer, rule: Rule): void {
  w.level++;
  w.meetsComment(() => writeBody(w, rule.body));
  const skip = rule.head.args !== undefined ? '()' : keyOf(rule) !== undefined ? '[]' : '';
  w.insertComments(closingRow(w.text(rule.location), rule.location.row, '{}', skip));
  w.level--;
  w.startLine();
  w.write('}');
}

/** The key of a set, or of an object `p[x]`. */
function keyOf({ head, if: hasIf, default: isDefault }: Rule): Term | undefined {
  const [operand] = head.ref.path;
  if (head.key !== undefined || isDefault || head.value === undefined) return head.key;
  if (operand === undefined || head.ref.path.length !== 1 || head.args !== undefined) return undefined;
  return !hasIf || operand.kind === 'ref' || !isGround(operand) ? operand : undefined;
}

/** `else` stays behind the brace, or in a row of its own. */
function writeElse(w: Writer, rule: Rule, other: Rule): void {
  const lines = w.text(rule.location).split('\n');
  const line = lines[other.location.row - rule.location.row];
  const isBelow = other.location.row > rule.location.row;
  const wasInline = isBelow && line !== undefined && !line.trim().startsWith('else');
  const [comment] = w.comments;
  const hasCommentAbove =
    (comment !== undefined && comment.location.row < other.head.location.row) || w.beforeEnd !== undefined;
  if (!hasCommentAbove && wasInline) w.write(' ');
  else {
    w.blankLine();
    w.startLine();
  }
  w.insertComments(other.head.location);
  if (hasCommentAbove && !wasInline) w.startLine();
  const { location, value } = other.head;
  const head: Head = {
    ...other.head,
    ref: { kind: 'ref', head: { kind: 'var', name: 'else', location }, path: [], location },
    args: undefined,
    // Its comments are those of the head.
    value: value && { ...value, location },
  };
  writeRule(w, { ...other, head }, true);
}

function writeHead(w: Writer, rule: Rule, isElse: boolean, constant: boolean): void {
  const { head } = rule;
  const key = keyOf(rule);
  if (!writeHeadRef(w, head)) return;
  writeArguments(w, head);
  if (head.key !== undefined) writeKey(w, head.key);
  const { value } = head;
  if (value === undefined) return;
  const isTrue = value.kind === 'boolean' && value.value;
  if (key === undefined && isTrue && !constant && !rule.default) return;
  const isRefConstant = w.dialect.v1 && constant && key === undefined && head.args === undefined;
  // A value at the place of the head was never written.
  if (value.location === head.location && !isElse && isTrue && !isRefConstant) return;
  w.write(head.assign || w.dialect.v1 ? ' := ' : ' = ');
  writeTerm(w, value);
}

/** False where the head stays as it was, because of a comment in it. */
function writeHeadRef(w: Writer, head: Head): boolean {
  const [operand, ...more] = head.ref.path;
  if (w.dialect.refHeads || operand === undefined || more.length > 0) {
    writeRef(w, head.ref);
    return true;
  }
  if (w.comments[0]?.location.row === operand.location.row) {
    w.writeAsIs(head.location);
    return false;
  }
  w.write(`${termText(head.ref.head)}[${termText(operand)}]`);
  return true;
}

function writeArguments(w: Writer, { args, location }: Head): void {
  if (args === undefined) return;
  w.write('(');
  try {
    writeSequence(w, {
      elements: args,
      placeOf: (arg) => arg.location,
      termsOf: (arg) => [arg],
      write: (arg) => writeTerm(w, arg),
      location,
      brackets: '()',
    });
  } finally {
    w.write(')');
  }
}

function writeKey(w: Writer, key: Term): void {
  w.write(w.dialect.contains ? ' contains ' : '[');
  writeTerm(w, key);
  if (!w.dialect.contains) w.write(']');
}
