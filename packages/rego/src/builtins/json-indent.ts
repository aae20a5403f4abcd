/** json.Indent: the lines of a JSON text. */

/** The text MUST be compact JSON. `spend` hears of what is written before it becomes one text. */
export function indentJson(
  json: string,
  prefix: string,
  indent: string,
  spend: (characters: number) => void,
): string {
  const parts: string[] = [];
  let depth = 0;
  const newLine = (): void => {
    spend(prefix.length + indent.length * depth + 1);
    parts.push('\n', prefix, indent.repeat(depth));
  };
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|\[\]|\{\}|[[\]{}:,]|[^"[\]{}:,]+/g)) {
    if (token === '[' || token === '{') {
      depth++;
      parts.push(token);
      newLine();
    } else if (token === ']' || token === '}') {
      depth--;
      newLine();
      parts.push(token);
    } else {
      parts.push(token === ':' ? ': ' : token);
      if (token === ',') newLine();
    }
  }
  return parts.join('');
}
