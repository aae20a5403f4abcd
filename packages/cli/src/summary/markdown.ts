import { oneLine } from '../printable.ts';

/** Turns the direction of text around, or is not seen. */
const UNSEEN = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;
/** Signs that mean nothing to Markdown, HTML, or those who look for links and names in them. */
const PLAIN = /[^A-Za-z0-9 ./\-\u00a0-\uffff]/g;

/**
 * Text that others had a hand in, as nothing but text: no link, image, mention, heading or HTML comes of it, and it stays
 * in its cell of a table. By references of characters, which Markdown never takes for signs of its own (CommonMark §2.5).
 */
export function md(text: string): string {
  const plain = oneLine(text).replaceAll(UNSEEN, ' ').replaceAll(PLAIN, reference);
  // What GFM takes for a link without any sign, and a list or rule where a line begins.
  return plain.replaceAll(/www\./gi, (found) => found.replace('.', '&#46;')).replace(/^[\s.-]/, reference);
}

function reference(char: string): string {
  return `&#${char.codePointAt(0)};`;
}

export function code(text: string): string {
  return `<code>${md(text)}</code>`;
}

/** Rows beyond `MAX_ROWS` are counted, not shown: a summary has its limits at every CI system. Cells are Markdown. */
export function mdTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const more = rows.length - MAX_ROWS;
  return [
    line(titles),
    line(titles.map(() => '---')),
    ...rows.slice(0, MAX_ROWS).map(line),
    ...(more > 0 ? ['', `and ${more} more`] : []),
  ].join('\n');
}

const MAX_ROWS = 200;
