/** The words of a command line up to the cursor, whatever the shell has made of them. */
export interface TypedWords {
  /** Complete words before the one that is being typed. */
  readonly before: readonly string[];
  readonly current: string;
  /** The start of `current` that the shell takes for words of their own, and does not want back. */
  readonly cut: string;
}

/** Bash ends words at `=` and `:` too, and hands those signs over as words. */
export function typedWords(shell: string, words: readonly string[]): TypedWords {
  if (shell !== 'bash') return { before: words.slice(0, -1), current: words.at(-1) ?? '', cut: '' };
  const joined: string[] = [];
  let isOpen = false;
  for (const word of words) {
    const isBreak = /^[=:]+$/.test(word);
    if ((isOpen || isBreak) && joined.length > 0) joined.push(`${joined.pop()}${word}`);
    else joined.push(word);
    isOpen = isBreak;
  }
  const [current = '', last = ''] = [joined.at(-1), words.at(-1)];
  const cut = isOpen ? current : current.slice(0, current.length - last.length);
  return { before: joined.slice(0, -1), current, cut };
}
