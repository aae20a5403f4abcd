import { Lexer } from 'yaml';

export { formatYaml } from './write.ts';

/**
 * True when a YAML text has more words and signs than `limit`. Counted by the lexer alone, which makes no document of
 * them: the YAML library takes microseconds for each, so that a megabyte of `[` would hold a process up for seconds.
 */
export function hasMoreYamlTokens(text: string, limit: number): boolean {
  let count = 0;
  for (const _token of new Lexer().lex(text)) if (++count > limit) return true;
  return false;
}
