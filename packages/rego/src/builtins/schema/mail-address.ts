/** Addresses of mail, RFC 5322 as Go's net/mail reads it: with a name before them, too. */

const ATOM = "[\\w!#$%&'*+\\-/=?^`{|}~\\u0080-\\u{10ffff}]+";
const DOT_ATOM = `${ATOM}(?:\\.${ATOM})*`;
const QUOTED = '"(?:[^"\\\\\\x00-\\x08\\x0a-\\x1f\\x7f]|\\\\[^\\x00-\\x08\\x0a-\\x1f\\x7f])+"';
const LITERAL = '\\[[\\da-fA-F:.]+\\]';
const ADDRESS = `(?:${DOT_ATOM}|${QUOTED})@[ \\t]*(?:${DOT_ATOM}|${LITERAL})`;
const PHRASE = `(?:[\\w!#$%&'*+\\-/=?^\`{|}~\\u0080-\\u{10ffff}. \\t]|"(?:[^"\\\\]|\\\\.)*")*`;
const COMMENT = '(?:\\([^()]*\\)[ \\t]*)?';

const PLAIN = new RegExp(`^[ \\t]*${ADDRESS}[ \\t]*${COMMENT}$`, 'u');
const NAMED = new RegExp(`^[ \\t]*${PHRASE}<${ADDRESS}>[ \\t]*${COMMENT}$`, 'u');

export function isMailAddress(text: string): boolean {
  return PLAIN.test(text) || NAMED.test(text);
}
