/** How what is written in one row stays in one row. */
import type { Location, Term } from '../syntax/ast.ts';
import { visitTerms } from '../syntax/visit.ts';
import { newlinesIn, UnexpectedComment, type Writer } from './writer.ts';

/** Before the text: comments on no row are meant. */
const NO_ROW = { row: -1 };

/** Where a bracket closes that opens in the text of a place, behind a first pair `skip` if there is one. */
export function closingRow(text: string, row: number, brackets: string, skip = ''): { readonly row: number } {
  const start = skip === '' ? { at: 0, rows: 0 } : behindPair(text, 0, skip);
  const end = behindPair(text, start.at, brackets);
  return end.at >= text.length ? NO_ROW : { row: row + start.rows + end.rows };
}

/** The end of the first pair of brackets; newlines before its opening do not count. */
function behindPair(
  text: string,
  from: number,
  brackets: string,
): { readonly at: number; readonly rows: number } {
  const [open = '', close = ''] = brackets;
  let at = text.indexOf(open, from);
  if (at < 0) return { at: text.length, rows: 0 };
  let rows = 0;
  for (let depth = 1; depth > 0; ) {
    at++;
    if (at >= text.length) break;
    const character = text.charAt(at);
    if (character === open) depth++;
    else if (character === close) depth--;
    else if (character === '\n') rows++;
  }
  return { at, rows };
}

/** Elements by the rows in which they begin. */
export function rowsOf<T>(
  elements: readonly T[],
  placeOf: (element: T) => Location,
  start: { readonly row: number },
): readonly (readonly T[])[] {
  const sorted = elements.toSorted((a, b) => {
    const [p, q] = [placeOf(a), placeOf(b)];
    return p.row - q.row || p.col - q.col;
  });
  const rows: T[][] = [[]];
  let last = start.row;
  for (const [at, element] of sorted.entries()) {
    const { row } = placeOf(element);
    if (row > last && at > 0) rows.push([]);
    last = row;
    rows.at(-1)?.push(element);
  }
  return rows;
}

export interface Sequence<T> {
  readonly elements: readonly T[];
  readonly placeOf: (element: T) => Location;
  readonly termsOf: (element: T) => readonly Term[];
  readonly write: (element: T) => void;
  readonly location: Location;
  /** Of the whole, `[]`. */
  readonly brackets: string;
}

/** What stands between brackets, with commas: in rows as in the source. */
export function writeSequence<T>(w: Writer, sequence: Sequence<T>): void {
  const { elements, placeOf, write, location, brackets } = sequence;
  const close = closingRow(w.text(location), location.row, brackets);
  const rows = isGenerated(w, sequence) ? [elements] : rowsOf(elements, placeOf, location);
  const [first] = elements;
  let isMultiline = rows.length > 1;
  if (!isMultiline) {
    const inside = w.comments.some(({ location: { row } }) => row > location.row && row < close.row);
    if (inside) throw new UnexpectedComment();
    isMultiline = first !== undefined && newlinePrecedes(w, location, placeOf(first));
  }
  if (isMultiline) {
    w.delayBeforeEnd();
    w.startSequence();
  }
  for (const [at, row] of rows.entries()) {
    if (at > 0) {
      w.write(',');
      w.breakLine();
    }
    writeRow(w, row, write);
  }
  if (!isMultiline) return;
  w.write(',');
  w.endLine();
  w.insertComments(close);
  w.level--;
  w.startLine();
}

/** Variables that a compiler made do not stand where the source has them. */
function isGenerated<T>(w: Writer, { elements, termsOf }: Sequence<T>): boolean {
  let found = false;
  if (w.hasGenerated) {
    visitTerms(elements.flatMap(termsOf), {
      term: (term) => {
        if (term.kind === 'var' && term.name.startsWith('__local')) found = true;
        return found;
      },
    });
  }
  return found;
}

function writeRow<T>(w: Writer, row: readonly T[], write: (element: T) => void): void {
  for (const [at, element] of row.entries()) {
    if (at > 0) w.write(', ');
    write(element);
  }
}

function newlinePrecedes(w: Writer, whole: Location, first: Location): boolean {
  const text = w.text(whole);
  const at = text.indexOf(w.text(first));
  return at > 0 && newlinesIn(text.slice(1, at)) > 0;
}
