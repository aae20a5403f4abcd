import type { Body, Comment, Expr, Location, RegoVersion, Term } from '../syntax/ast.ts';
import type { RegoProblem } from '../syntax/error.ts';

/** What the text may use, by its version and by the imports of the module. */
export interface Dialect {
  readonly contains: boolean;
  readonly if: boolean;
  /** Refs longer than `p[x]` stand in heads: then all heads are written as refs. */
  readonly refHeads: boolean;
  readonly v1: boolean;
  readonly v2: boolean;
  readonly keywords: ReadonlySet<string>;
  /** `p.not` may stay as it is. */
  readonly keywordsInRefs: boolean;
}

/** The parts of the layout that hold others, for those that are held. */
export interface Layout {
  expr(w: Writer, expr: Expr): void;
  body(w: Writer, body: Body): void;
}

/** A comment stands where none can be written: the text around it stays as it was. */
export class UnexpectedComment extends Error {
  constructor() {
    super('a comment stands where no line ends');
    this.name = 'UnexpectedComment';
  }
}

const INDENT = '\t';

/** The text so far, and the comments that are still to be written. */
export class Writer {
  readonly source: string;
  readonly version: RegoVersion;
  readonly dialect: Dialect;
  readonly layout: Layout;
  readonly problems: RegoProblem[] = [];
  /** The source may hold variables that a compiler made. */
  readonly hasGenerated: boolean;
  comments: readonly Comment[];
  /** To be written at the end of the current line. */
  beforeEnd: Comment | undefined;
  /** Something stands on the current line. */
  inline = false;
  level = 0;
  writeCommentOnFinalLine = false;
  /** To be put in parentheses when it is written. */
  parenthesizedExpr: Expr | undefined;
  parenthesizedTerm: Term | undefined;
  #text = '';
  #delay = false;

  constructor(
    source: string,
    comments: readonly Comment[],
    options: { readonly version: RegoVersion; readonly dialect: Dialect; readonly layout: Layout },
  ) {
    this.source = source;
    this.hasGenerated = source.includes('__local');
    this.comments = comments;
    this.version = options.version;
    this.dialect = options.dialect;
    this.layout = options.layout;
  }

  get result(): string {
    return this.#text.replace(/\n+$/, '\n');
  }

  text({ offset, end }: Location): string {
    return this.source.slice(offset, end);
  }

  write(text: string): void {
    this.#text += text;
  }

  /** A place to come back to. */
  mark(): () => void {
    const [text, level, comments] = [this.#text, this.level, this.comments];
    return () => {
      this.#text = text;
      this.level = level;
      this.comments = comments;
    };
  }

  startLine(): void {
    this.inline = true;
    this.write(INDENT.repeat(this.level));
  }

  endLine(): void {
    this.inline = false;
    if (this.beforeEnd !== undefined && !this.#delay) {
      this.write(` ${commentText(this.beforeEnd)}`);
      this.beforeEnd = undefined;
    }
    this.#delay = false;
    this.write('\n');
  }

  blankLine(): void {
    if (this.inline) this.endLine();
    this.write('\n');
  }

  writeLine(text: string): void {
    if (!this.inline) this.startLine();
    this.write(text);
    this.endLine();
  }

  /** Continues on the next line, one level deeper for the first time. */
  breakLine(): void {
    this.endLine();
    this.startLine();
  }

  startSequence(): void {
    this.endLine();
    this.level++;
    this.startLine();
  }

  delayBeforeEnd(): void {
    this.#delay = true;
  }

  /** Writes the comments of rows before the place; one on its row waits for the end of the line. */
  insertComments({ row }: { readonly row: number }): void {
    const { comments } = this;
    if (comments.length === 0) return this.#beforeLineEnd(undefined);
    const before = comments.filter(({ location }) => location.row < row);
    const at = comments.findLast(({ location }) => location.row === row);
    if (before.length > 0 || at !== undefined)
      this.comments = comments.filter(({ location }) => location.row > row);
    this.writeComments(before);
    const last = before.at(-1);
    if (last !== undefined && row - last.location.row > 1) this.blankLine();
    this.#beforeLineEnd(at);
  }

  #beforeLineEnd(comment: Comment | undefined): void {
    if (this.beforeEnd === undefined) {
      this.beforeEnd = comment;
      return;
    }
    if (comment === undefined) return;
    this.beforeEnd = undefined;
    throw new UnexpectedComment();
  }

  writeComments(comments: readonly Comment[]): void {
    let inMetadata = false;
    for (const [at, comment] of comments.entries()) {
      const previous = comments[at - 1];
      const distance = previous === undefined ? 0 : distanceOf(previous, comment);
      if (distance > 1) {
        this.blankLine();
        inMetadata = false;
      } else if (distance === 1 && inMetadata && isMetadata(comment)) this.blankLine();
      if (isMetadata(comment)) inMetadata = true;
      this.writeLine(commentText(comment));
    }
  }

  /** The text of the source, with the comments in it. */
  writeAsIs(location: Location): void {
    const text = this.text(location);
    const lastRow = location.row + newlinesIn(text);
    this.write(text);
    const rest: Comment[] = [];
    for (const comment of this.comments) {
      const { row } = comment.location;
      if (this.writeCommentOnFinalLine && row === lastRow) this.write(` ${this.text(comment.location)}`);
      else if (row >= lastRow) rest.push(comment);
    }
    this.comments = rest;
  }

  /** The row in which a text ends that begins at a place. */
  endRow(location: Location): number {
    return location.row + newlinesIn(this.text(location));
  }

  arityMismatch(name: string, location: Location): void {
    this.problems.push({ code: 'rego_type_error', message: `${name}: arity mismatch`, location });
  }

  /** Does what may meet an unexpected comment; true if it did. */
  meetsComment(write: () => void): boolean {
    try {
      write();
      return false;
    } catch (error) {
      if (!(error instanceof UnexpectedComment)) throw error;
      return true;
    }
  }

  /** As OPA, forgets the comments that are left where one is met inside of a call or block. */
  orForget(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (error instanceof UnexpectedComment) this.comments = [];
      throw error;
    }
  }
}

/** Rows between two comments, or columns in one row. */
function distanceOf({ location: a }: Comment, { location: b }: Comment): number {
  return b.row - a.row || b.col - a.col;
}

export function newlinesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

export function commentText({ text }: Comment): string {
  return `#${text}`;
}

function isMetadata({ text, location }: Comment): boolean {
  return location.col === 1 && text.trim().startsWith('METADATA');
}
