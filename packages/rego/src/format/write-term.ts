import { signatureOf } from '../builtins/signatures.ts';
import type {
  ArrayTerm,
  Body,
  CallTerm,
  Location,
  ObjectComprehension,
  ObjectTerm,
  RefTerm,
  SetTerm,
  TemplateString,
  Term,
} from '../syntax/ast.ts';
import { calledName } from '../syntax/names.ts';
import { MEMBER, MEMBER_WITH_KEY } from '../syntax/operators.ts';
import { termText } from '../syntax/text.ts';
import { quotedText } from '../values/text.ts';
import { numberFromText } from '../values/number.ts';
import { compare } from '../values/order.ts';
import { closingRow, rowsOf, writeSequence } from './layout.ts';
import { isUnion } from './leads.ts';
import { UnexpectedComment, type Writer } from './writer.ts';

const NAME = /^[a-zA-Z_]\w*$/;

/** A term; where a comment does not fit into its layout, the term as it was. */
export function writeTerm(w: Writer, term: Term): void {
  if (w.comments.length === 0) return writeOperand(w, term, false);
  const restore = w.mark();
  try {
    writeOperand(w, term, false);
  } catch (error) {
    if (!(error instanceof UnexpectedComment)) throw error;
    restore();
    const end = w.endRow(term.location);
    const waiting = w.beforeEnd?.location.row ?? 0;
    if (waiting >= term.location.row && waiting <= end) w.beforeEnd = undefined;
    w.writeAsIs(term.location);
    throw error;
  }
}

/** A term as an operand: an infix call is put in parentheses where `parens` says so. */
function writeOperand(w: Writer, term: Term, parens: boolean): void {
  let inParens = parens;
  if (w.parenthesizedTerm === term) {
    w.parenthesizedTerm = undefined;
    inParens = true;
  }
  w.insertComments(term.location);
  if (!w.inline) w.startLine();
  writeBare(w, term, inParens);
  if (!w.inline) w.startLine();
}

function writeBare(w: Writer, term: Term, parens: boolean): void {
  switch (term.kind) {
    case 'ref':
      return writeRef(w, term);
    case 'object':
      return writeObject(w, term);
    case 'array':
      return writeArray(w, term);
    case 'set':
      return writeSet(w, term);
    case 'array-comprehension':
      w.write('[');
      return closing(w, ']', () => writeComprehension(w, '[]', term.term, term));
    case 'set-comprehension':
      w.write('{');
      return closing(w, '}', () => writeComprehension(w, '{}', term.term, term));
    case 'object-comprehension':
      w.write('{');
      return closing(w, '}', () => writeObjectComprehension(w, term));
    case 'string':
      return writeString(w, term.value, w.text(term.location));
    case 'template-string':
      return writeTemplate(w, term);
    case 'call':
      return writeCall(w, term, parens);
    default:
      w.write(termText(term));
  }
}

/** Writes the closing bracket whatever happens in between. */
function closing(w: Writer, bracket: string, write: () => void): void {
  try {
    write();
  } finally {
    w.write(bracket);
  }
}

/** The text of the source where it is a literal: its escapes stay. A key behind a dot has none. */
function writeString(w: Writer, value: string, text: string): void {
  if (text.startsWith('`')) return w.write(text);
  const quote = text.at(-1) ?? '';
  const at = quote === '"' || quote === '`' ? text.indexOf(quote) : -1;
  w.write(at < 0 ? quotedText(value) : text.slice(at));
}

export function writeRef(w: Writer, { head, path }: RefTerm): void {
  writeOperand(w, head, head.kind === 'call' && w.text(head.location).startsWith('('));
  for (const part of path) {
    if (part.kind === 'string') w.write(nameText(w, part.value, part.location));
    else if (part.kind === 'var') w.write(`[${termText(part)}]`);
    else {
      w.write('[');
      // The closing bracket must not become part of a comment.
      if (w.meetsComment(() => writeTerm(w, part))) w.write('\n');
      w.write(']');
    }
  }
}

function nameText(w: Writer, name: string, location: Location): string {
  return mustBeBracketed(w, name, location) ? `[${quotedText(name)}]` : `.${name}`;
}

function mustBeBracketed(w: Writer, name: string, location: Location): boolean {
  if (!NAME.test(name)) return true;
  if (!w.dialect.keywords.has(name)) return false;
  return !w.dialect.keywordsInRefs || w.text(location).startsWith('"');
}

function writeObject(w: Writer, { entries, location }: ObjectTerm): void {
  w.write('{');
  closing(w, '}', () =>
    writeSequence(w, {
      elements: entries,
      placeOf: ([key]) => key.location,
      termsOf: (entry) => entry,
      write: ([key, value]) => {
        writeMember(w, key, true);
        w.write(': ');
        writeMember(w, value, true);
      },
      location,
      brackets: '{}',
    }),
  );
}

/** A union is put in parentheses: between braces it would be a comprehension. */
function writeMember(w: Writer, term: Term, always: boolean): void {
  if (!isUnion(term) || !(always || w.text(term.location).startsWith('('))) return writeTerm(w, term);
  w.write('(');
  closing(w, ')', () => writeTerm(w, term));
}

function writeArray(w: Writer, { items, location }: ArrayTerm): void {
  w.write('[');
  closing(w, ']', () => writeItems(w, items, location, '[]'));
}

function writeItems(w: Writer, elements: readonly Term[], location: Location, brackets: string): void {
  writeSequence(w, {
    elements,
    placeOf: (item) => item.location,
    termsOf: (item) => [item],
    write: (item) => writeMember(w, item, brackets !== '()'),
    location,
    brackets,
  });
}

function writeSet(w: Writer, { items, location }: SetTerm): void {
  if (items.length === 0) {
    w.write('set()');
    w.insertComments(closingRow(w.text(location), location.row, '()'));
    return;
  }
  const unique = items.filter((item, at) => items.findIndex((other) => isSameItem(item, other)) === at);
  w.write('{');
  closing(w, '}', () => writeItems(w, unique, location, '{}'));
}

/** A set holds each value once: the first way of writing it stays. */
function isSameItem(a: Term, b: Term): boolean {
  if (a === b) return true;
  if (a.kind === 'number' && b.kind === 'number') {
    return compare(numberFromText(a.text), numberFromText(b.text)) === 0;
  }
  return a.kind === b.kind && termText(a) === termText(b);
}

function writeObjectComprehension(w: Writer, term: ObjectComprehension): void {
  writeMember(w, term.key, isUnion(term.key));
  w.write(': ');
  // The value stays in the row of the key.
  const location = { ...term.value.location, row: term.location.row };
  writeComprehension(w, '{}', { ...term.value, location }, term);
}

function writeComprehension(
  w: Writer,
  brackets: string,
  head: Term,
  { body, location }: { readonly body: Body; readonly location: Location },
): void {
  if (head.location.row > location.row) w.breakLine();
  const parens = head.kind === 'call' && (isUnion(head) || w.text(head.location).startsWith('('));
  writeOperand(w, head, parens);
  w.write(' |');
  writeBlock(w, body, { brackets, after: head.location, whole: location });
}

/** A body behind what opens it: in the same row, or in rows of its own. */
export function writeBlock(
  w: Writer,
  body: Body,
  {
    brackets,
    after,
    whole,
  }: { readonly brackets: string; readonly after: Location; readonly whole: Location },
): void {
  const rows = isGenerated(w, body) ? [body] : rowsOf(body, ({ location }) => location, after);
  const close = closingRow(w.text(whole), whole.row, brackets);
  const [first] = body;
  if ((first !== undefined && first.location.row > after.row) || rows.length > 1) {
    w.endLine();
    w.level++;
    try {
      w.layout.body(w, body);
      w.insertComments(close);
    } finally {
      w.level--;
      w.startLine();
    }
    return;
  }
  w.write(' ');
  for (const [at, expr] of body.entries()) {
    if (at > 0) w.write('; ');
    w.layout.expr(w, expr);
  }
  w.insertComments(close);
}

/** Bodies with variables that a compiler made are not laid out by their places. */
function isGenerated(w: Writer, body: Body): boolean {
  return w.hasGenerated && body.some((expr) => w.text(expr.location).includes('__local'));
}

/** A call inside of another term. */
function writeCall(w: Writer, term: CallTerm, parens: boolean): void {
  const name = calledName(term) ?? '';
  const signature = signatureOf(name);
  if (signature?.infix === undefined) return writePlainCall(w, term);
  if (name === MEMBER || name === MEMBER_WITH_KEY)
    return writeMembership(w, term.args, name, true, term.location);
  const [left, right, ...more] = term.args;
  if (left === undefined || right === undefined || more.length > 0)
    return w.arityMismatch(name, term.location);
  if (parens) w.write('(');
  writeOperand(w, left, true);
  w.write(` ${signature.infix} `);
  writeOperand(w, right, true);
  if (parens) w.write(')');
}

export function writePlainCall(w: Writer, { operator, args }: CallTerm): void {
  writeRef(w, operator);
  w.write('(');
  closing(w, ')', () => w.orForget(() => writeItems(w, args, operator.location, '()')));
}

/** `x in xs`, `k, v in xs`. */
export function writeMembership(
  w: Writer,
  operands: readonly Term[],
  name: string,
  parens: boolean,
  location: Location,
): void {
  const arity = name === MEMBER ? 2 : 3;
  if (operands.length !== arity) return w.arityMismatch(name, location);
  const inParens = arity === 3 && parens;
  if (inParens) w.write('(');
  for (const [at, operand] of operands.entries()) {
    if (at > 0) w.write(at === arity - 1 ? ' in ' : ', ');
    writeOperand(w, operand, true);
  }
  if (inParens) w.write(')');
}

function writeTemplate(w: Writer, { parts, raw }: TemplateString): void {
  const quote = raw ? '`' : '"';
  w.write(`$${quote}`);
  for (const [at, part] of parts.entries()) {
    const term =
      part.kind === 'string' ? part : part.expr.kind === 'term' && part.isText ? part.expr.term : undefined;
    if (term !== undefined) {
      w.write(textOfPart(term, raw));
      continue;
    }
    if (part.kind === 'string') continue;
    w.write('{');
    w.level++;
    writeCommentsBefore(w, part.location.row);
    w.layout.expr(w, part.expr);
    const next = parts[at + 1];
    if (next !== undefined) writeTrailingComments(w, next.location.row);
    w.write('}');
    w.level--;
  }
  w.write(quote);
}

function textOfPart(term: Term, raw: boolean): string {
  if (term.kind !== 'string') return termText(term);
  const text = raw ? term.value : escapedText(term.value);
  return text.replaceAll(/(?<!\\)\{/g, '\\{');
}

/** OPA's formatter writes the escapes of Go here, not all of which are escapes of Rego. */
function escapedText(value: string): string {
  const quoted = quotedText(value);
  return (/\\[avxU]/.test(quoted) ? JSON.stringify(value) : quoted).slice(1, -1);
}

function writeCommentsBefore(w: Writer, row: number): void {
  if (w.beforeEnd !== undefined) return w.breakLine();
  const before = w.comments.filter(({ location }) => location.row < row);
  if (before.length === 0) return;
  w.write(' ');
  w.inline = true;
  w.writeComments(before);
  w.comments = w.comments.slice(before.length);
}

function writeTrailingComments(w: Writer, row: number): void {
  const before = w.comments.filter(({ location }) => location.row < row);
  if (before.length === 0) return;
  w.endLine();
  w.writeComments(before);
  w.comments = w.comments.slice(before.length);
  w.startLine();
}
