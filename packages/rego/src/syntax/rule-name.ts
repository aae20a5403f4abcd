import type { Parser } from './parser.ts';
import { type Token, tokenName } from './token.ts';

const RULE: readonly Token[] = ['assign', 'eq', 'if', 'contains', '('];
/** Behind an operator, `(` opens a group or the arguments of a built-in. */
const OPERATOR: readonly Token[] = ['assign', 'eq', 'if', 'contains'];
/** `package contains` and `import if.x` are paths. */
const PATH: readonly Token[] = ['assign', 'eq', '('];
/** What, behind a keyword, makes it the name of a rule. */
const FOLLOWERS: ReadonlyMap<Token, readonly Token[]> = new Map<Token, readonly Token[]>([
  ['every', RULE],
  ['if', RULE],
  ['in', RULE],
  ['some', RULE],
  ['as', RULE],
  ['package', PATH],
  ['import', PATH],
  ['not', OPERATOR],
  ['logical-and', OPERATOR],
  ['logical-or', OPERATOR],
  // Elsewhere `contains` is a name like any other.
  ['contains', ['if', 'contains']],
]);

/** Reports a keyword that stands as the name of a rule; behind `default` it can be nothing else. */
export function keywordRuleName(p: Parser, isDefault: boolean): boolean {
  const followers = FOLLOWERS.get(p.token);
  if (followers === undefined) return false;
  if (!isDefault && !followers.includes(p.peek(true))) return false;
  p.error(p.here(), `${tokenName(p.token)} keyword cannot be used for rule name`);
  return true;
}
