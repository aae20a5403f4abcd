import type { RegoVersion } from './ast.ts';

/** Tokens are named as OPA names them in its messages, but for the words `and` and `or` beside `&` and `|`. */
export type Token =
  | 'illegal'
  | 'eof'
  | 'whitespace'
  | 'comment'
  | 'identifier'
  | 'number'
  | 'string'
  | 'template-string-part'
  | 'template-string-end'
  | 'raw-template-string-part'
  | 'raw-template-string-end'
  | Keyword
  | Punctuation
  | Operator;

type Punctuation = '[' | ']' | '{' | '}' | '(' | ')' | ',' | ':' | '.' | ';' | 'assign' | 'eq';

export type Operator =
  | 'plus'
  | 'minus'
  | 'mul'
  | 'div'
  | 'rem'
  | 'and'
  | 'or'
  | 'equal'
  | 'neq'
  | 'gt'
  | 'lt'
  | 'gte'
  | 'lte';

type Keyword =
  | 'package'
  | 'import'
  | 'as'
  | 'default'
  | 'else'
  | 'not'
  | 'some'
  | 'with'
  | 'null'
  | 'true'
  | 'false'
  | 'in'
  | 'every'
  | 'contains'
  | 'if'
  | 'logical-and'
  | 'logical-or';

export type Keywords = ReadonlyMap<string, Token>;

/** Keywords of every version. */
const BASE_KEYWORDS: Keywords = new Map<string, Token>([
  ['package', 'package'],
  ['import', 'import'],
  ['as', 'as'],
  ['default', 'default'],
  ['else', 'else'],
  ['not', 'not'],
  ['some', 'some'],
  ['with', 'with'],
  ['null', 'null'],
  ['true', 'true'],
  ['false', 'false'],
]);

/** In v0 only by `import future.keywords`, part of v1. */
export const V1_KEYWORDS: Keywords = new Map<string, Token>([
  ['in', 'in'],
  ['every', 'every'],
  ['contains', 'contains'],
  ['if', 'if'],
]);

/** In v0 and v1 only by `import future.keywords`, part of v2; `not` then takes bodies. */
const V2_KEYWORDS: Keywords = new Map<string, Token>([
  ['not', 'not'],
  ['and', 'logical-and'],
  ['or', 'logical-or'],
]);

export const FUTURE_KEYWORDS: Keywords = new Map([...V1_KEYWORDS, ...V2_KEYWORDS]);

/** Keywords that need no import. */
export const KEYWORDS: Readonly<Record<RegoVersion, Keywords>> = {
  v0: BASE_KEYWORDS,
  v1: new Map([...BASE_KEYWORDS, ...V1_KEYWORDS]),
  v2: new Map([...BASE_KEYWORDS, ...FUTURE_KEYWORDS]),
};

const WORDS: ReadonlySet<Token> = new Set<Token>([...BASE_KEYWORDS.values(), ...FUTURE_KEYWORDS.values()]);

/** True for tokens that are words of the language. */
export function isWord(token: Token): boolean {
  return WORDS.has(token);
}

/** The token as messages spell it. */
export function tokenName(token: Token): string {
  return token.startsWith('logical-') ? token.slice('logical-'.length) : token;
}
