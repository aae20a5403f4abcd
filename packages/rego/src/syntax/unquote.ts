/** The value of a string literal: raw between backticks, else with JSON's escapes. */
export function unquote(literal: string): string | undefined {
  if (literal.length < 2) return undefined;
  return literal.startsWith('`') ? literal.slice(1, -1) : unescape(literal.slice(1, -1));
}

/** What a text between quotes means; undefined where an escape is malformed. */
export function unescape(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  try {
    // As Go does, a lone surrogate becomes the replacement character.
    return (JSON.parse(`"${text}"`) as string).toWellFormed();
  } catch {
    return undefined;
  }
}
