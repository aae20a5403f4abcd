/** A table whose cells are text of Markdown. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cellOf).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Inside backticks only the bar means anything; outside them `<` would begin HTML. */
function cellOf(text: string): string {
  const parts = text.replaceAll('|', '\\|').replaceAll('\n', ' ').split('`');
  return parts.map((part, at) => (at % 2 === 0 ? part.replaceAll('<', '&lt;') : part)).join('`');
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** The page with the text between `<!-- generated: NAME -->` and `<!-- end -->` replaced. */
export function withBlocks(page: string, blocks: Readonly<Record<string, string>>): string {
  const left = new Set(Object.keys(blocks));
  const text = page.replaceAll(
    /(<!-- generated: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, start: string, name: string, end: string) => {
      const block = blocks[name];
      if (block === undefined) throw new Error(`nothing generates the block ${name}`);
      left.delete(name);
      return `${start}${block}\n${end}`;
    },
  );
  if (left.size > 0) throw new Error(`the page has no place for ${[...left].join(', ')}`);
  return text;
}
