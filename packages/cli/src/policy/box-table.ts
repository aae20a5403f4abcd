import { widthOf } from '../printable.ts';

/** A table with lines around its cells; titles, if there are any, in the middle of their columns. */
export function boxTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = Math.max(titles.length, rows[0]?.length ?? 0);
  const widths = Array.from({ length: columns }, (_, column) =>
    [titles, ...rows].reduce((most, row) => Math.max(most, widthOf(row[column] ?? '')), 0),
  );
  const rule = (left: string, between: string, right: string): string =>
    left + widths.map((width) => '─'.repeat(width + 2)).join(between) + right;
  const line = (cells: readonly string[]): string => `│ ${cells.join(' │ ')} │`;
  return [
    rule('┌', '┬', '┐'),
    ...(titles.length === 0
      ? []
      : [line(titles.map((title, column) => centred(title, widths[column] ?? 0)))]),
    ...(titles.length === 0 || rows.length === 0 ? [] : [rule('├', '┼', '┤')]),
    ...rows.map((row) => line(row.map((cell, column) => filled(cell, widths[column] ?? 0)))),
    rule('└', '┴', '┘'),
    '',
  ].join('\n');
}

function filled(cell: string, width: number): string {
  return cell + ' '.repeat(width - widthOf(cell));
}

function centred(cell: string, width: number): string {
  const before = Math.floor((width - widthOf(cell)) / 2);
  return filled(' '.repeat(before) + cell, width);
}
