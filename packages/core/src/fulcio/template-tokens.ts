/** Splits a template into text and the words of its actions (Go text/template/parse/lex.go). */
import { CodedError } from '../errors.ts';

export type Token =
  | { readonly type: 'text' | 'open' | 'close' | 'word' | 'symbol'; readonly text: string }
  /** `.a.b`; `spaced` where a blank stands before it, so that it is an operand of its own. */
  | { readonly type: 'field'; readonly text: string; readonly spaced: boolean }
  | { readonly type: 'constant'; readonly text: string; readonly value: string | number };

export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let trimNext = false;
  for (let at = 0; at < text.length; ) {
    const open = text.indexOf('{{', at);
    const end = open === -1 ? text.length : open;
    const trimsBefore = open !== -1 && /^\{\{-\s/.test(text.slice(open, open + 4));
    let piece = text.slice(at, end);
    if (trimNext) piece = piece.replace(/^[ \t\r\n]+/, '');
    if (trimsBefore) piece = piece.replace(/[ \t\r\n]+$/, '');
    if (piece !== '') tokens.push({ type: 'text', text: piece });
    if (open === -1) break;
    const action = readAction(text, open + (trimsBefore ? 4 : 2));
    tokens.push(...action.tokens);
    ({ at, trimNext } = { at: action.end, trimNext: action.trims });
  }
  return tokens;
}

interface Action {
  readonly tokens: readonly Token[];
  /** Where the text goes on. */
  readonly end: number;
  readonly trims: boolean;
}

const CLOSE = /(?:\}\}|[ \t\r\n]-\}\})/y;
const COMMENT = /\/\*[^]*?\*\/([ \t\r\n]-)?\}\}/y;
const SPACE = /[ \t\r\n]+/y;
const WORD =
  /(?<field>(?:\.[\p{L}_][\p{L}\p{Nd}_]*)+)|(?<word>[\p{L}_][\p{L}\p{Nd}_]*)|(?<number>[+-]?(?:0[xX][0-9A-Fa-f]+|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+))|(?<quoted>"(?:[^"\\\n]|\\.)*")|(?<raw>`[^`]*`)|(?<character>'(?:[^'\\\n]|\\.)')|(?<symbol>[.$|()])/uy;

function readAction(text: string, start: number): Action {
  const comment = matchAt(COMMENT, text, start);
  if (comment) return { tokens: [], end: start + comment[0].length, trims: comment[1] !== undefined };
  const tokens: Token[] = [{ type: 'open', text: '{{' }];
  let spaced = true;
  for (let at = start; at < text.length; ) {
    const close = matchAt(CLOSE, text, at)?.[0];
    if (close !== undefined) {
      tokens.push({ type: 'close', text: '}}' });
      return { tokens, end: at + close.length, trims: close.length > 2 };
    }
    const space = matchAt(SPACE, text, at)?.[0];
    const found = space === undefined ? matchAt(WORD, text, at) : null;
    if (found) tokens.push(tokenOf(found, spaced));
    if (space === undefined && !found)
      throw invalid(`an unexpected ${JSON.stringify(text.slice(at, at + 8))}`);
    at += (space ?? found?.[0] ?? '').length;
    spaced = space !== undefined || found?.groups?.['symbol'] === '(' || found?.groups?.['symbol'] === '|';
  }
  throw invalid('an action that is not closed');
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function tokenOf(found: RegExpExecArray, spaced: boolean): Token {
  const [text] = found;
  const { field, word, number, quoted, raw, character } = found.groups ?? {};
  if (field !== undefined) return { type: 'field', text, spaced };
  if (word !== undefined) return { type: 'word', text };
  if (number !== undefined) return { type: 'constant', text, value: numberIn(text) };
  if (quoted !== undefined) return { type: 'constant', text, value: unquote(text) };
  if (raw !== undefined) return { type: 'constant', text, value: text.slice(1, -1) };
  if (character !== undefined) {
    return { type: 'constant', text, value: unquote(`"${text.slice(1, -1)}"`).codePointAt(0) ?? 0 };
  }
  return { type: 'symbol', text };
}

function numberIn(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || (/^[+-]?0[0-9]/.test(text) && !text.includes('.'))) {
    throw invalid(`the number ${text}`);
  }
  return value;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

function unquote(quoted: string): string {
  return quoted.slice(1, -1).replaceAll(/\\(.)/gs, (written, letter: string) => {
    const meant = ESCAPES[letter];
    if (meant === undefined) throw invalid(`the escape ${written} in a constant`);
    return meant;
  });
}

function invalid(found: string): CodedError<'fulcio_template_invalid'> {
  return new CodedError('fulcio_template_invalid', `template: found ${found}`);
}
