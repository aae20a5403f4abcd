/**
 * Whether two patterns of single characters, `.`, `[sets]`, `+` and `*` have a text in common, as
 * github.com/yashtewari/glob-intersection finds it, with its limits: a wrong `no` of its search is a `no` here too.
 */
import { runesOf } from './text.ts';

export class IntersectionError extends Error {
  override readonly name = 'IntersectionError';
}

type Matcher =
  | { readonly type: 'character'; readonly char: string }
  | { readonly type: 'dot' }
  | { readonly type: 'set'; readonly chars: ReadonlySet<string> };

interface Token {
  readonly matcher: Matcher;
  readonly flag: '' | '+' | '*';
}

/** `spend` counts the comparisons: their number may double with each star. */
export function haveCommonText(left: string, right: string, spend: (steps: number) => void): boolean {
  const pair = trimmed(simplified(tokenize(left)), simplified(tokenize(right)));
  return pair !== undefined && new Search(spend).intersect(...pair);
}

function matches(a: Token, b: Token): boolean {
  const [x, y] = [a.matcher, b.matcher];
  if (x.type === 'dot' || y.type === 'dot') return true;
  if (x.type === 'character') return y.type === 'character' ? x.char === y.char : y.chars.has(x.char);
  if (y.type === 'character') return x.chars.has(y.char);
  return !x.chars.isDisjointFrom(y.chars);
}

function isSame(a: Matcher, b: Matcher): boolean {
  if (a.type === 'set')
    return b.type === 'set' && a.chars.size === b.chars.size && a.chars.isSubsetOf(b.chars);
  return a.type === 'dot' ? b.type === 'dot' : b.type === 'character' && a.char === b.char;
}

/** Neighbours with flags that say the same become one. */
function simplified(tokens: readonly Token[]): Token[] {
  const simple: Token[] = [];
  for (const token of tokens) {
    const last = simple.at(-1);
    if (last !== undefined && last.flag !== '' && token.flag !== '' && isSame(token.matcher, last.matcher)) {
      simple[simple.length - 1] = { ...last, flag: token.flag === '+' || last.flag === '+' ? '+' : '*' };
    } else simple.push(token);
  }
  return simple;
}

/** Without the plain beginnings and ends, but for one token on either side; `undefined` where they differ. */
function trimmed(a: readonly Token[], b: readonly Token[]): [Token[], Token[]] | undefined {
  let start = 0;
  for (; isPlain(a[start]) && isPlain(b[start]); start++) if (!fits(a[start], b[start])) return undefined;
  if (start > 0) start--;
  let [endA, endB] = [a.length - 1, b.length - 1];
  for (; endA >= start && endB >= start && isPlain(a[endA]) && isPlain(b[endB]); endA--, endB--) {
    if (!fits(a[endA], b[endB])) return undefined;
  }
  if (endA < a.length - 1) {
    endA++;
    endB++;
  }
  return [a.slice(start, endA + 1), b.slice(start, endB + 1)];
}

function isPlain(token: Token | undefined): boolean {
  return token?.flag === '';
}

function fits(a: Token | undefined, b: Token | undefined): boolean {
  return a !== undefined && b !== undefined && matches(a, b);
}

class Search {
  readonly #spend: (steps: number) => void;

  constructor(spend: (steps: number) => void) {
    this.#spend = spend;
  }

  intersect(a: readonly Token[], b: readonly Token[]): boolean {
    let at = 0;
    for (; at < a.length && at < b.length; at++) {
      this.#spend(1);
      if (!isPlain(a[at]) || !isPlain(b[at])) return this.#flagged(a.slice(at), b.slice(at));
      if (!fits(a[at], b[at])) return false;
    }
    return at === a.length && at === b.length;
  }

  #flagged(a: readonly Token[], b: readonly Token[]): boolean {
    const [first, second] = isPlain(a[0]) ? [b, a] : [a, b];
    return first[0]?.flag === '+' ? this.#plus(first, second) : this.#star(first, second);
  }

  /** The repeated token takes at least one; or the other, if repeated too, takes this one. */
  #plus(repeated: readonly Token[], other: readonly Token[]): boolean {
    if (!fits(repeated[0], other[0])) return false;
    if (this.#star(repeated, other.slice(1))) return true;
    return !isPlain(other[0]) && this.intersect(repeated.slice(1), other);
  }

  /** The repeated token takes what fits, until what follows it fits all the way. */
  #star(repeated: readonly Token[], other: readonly Token[]): boolean {
    const [star, next] = repeated;
    for (const [at, token] of other.entries()) {
      this.#spend(1);
      const mayEnd = next !== undefined && matches(token, next);
      if (mayEnd && this.intersect(repeated.slice(1), other.slice(at))) return true;
      if (!fits(token, star)) return false;
    }
    return next === undefined;
  }
}

function tokenize(text: string): Token[] {
  const reader = new TokenReader(text);
  const tokens: Token[] = [];
  for (let token = reader.next(); token !== undefined; token = reader.next()) tokens.push(token);
  return tokens;
}

class TokenReader {
  readonly #text: string;
  readonly #chars: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#chars = runesOf(text);
  }

  next(): Token | undefined {
    const rune = this.#rune();
    if (rune === undefined) return undefined;
    return { matcher: this.#matcher(rune), flag: this.#flag() };
  }

  #matcher({ char, isEscaped }: Rune): Matcher {
    if (isEscaped) return { type: 'character', char };
    switch (char) {
      case '.':
        return { type: 'dot' };
      case '[':
        return this.#set();
      case ']':
        throw this.#invalid("set-close ']' with no preceding '['");
      case '+':
      case '*':
        throw this.#invalid(`flag '${char}' must be preceded by a non-flag`);
      default:
        return { type: 'character', char };
    }
  }

  #flag(): Token['flag'] {
    const char = this.#chars[this.#at];
    if (char === '\\' && this.#at === this.#chars.length - 1) this.#rune();
    if (char !== '+' && char !== '*') return '';
    this.#at++;
    return char;
  }

  #set(): Matcher {
    const chars = new Set<string>();
    let previous: string | undefined;
    for (let rune = this.#rune(); rune !== undefined; rune = this.#rune()) {
      const { char, isEscaped } = rune;
      if (!isEscaped && char === ']') return { type: 'set', chars };
      if (!isEscaped && char === '-') {
        this.#range(previous, chars);
        previous = undefined;
      } else {
        chars.add(char);
        previous = char;
      }
    }
    throw this.#invalid('found [ without matching ]');
  }

  #range(low: string | undefined, chars: Set<string>): void {
    if (low === undefined) throw this.#invalid("range character '-' must be preceded by a Unicode character");
    const next = this.#at >= this.#chars.length - 1 ? undefined : this.#rune();
    if (next === undefined)
      throw this.#invalid("range character '-' must be followed by a Unicode character");
    if (!next.isEscaped && (next.char === ']' || next.char === '-')) {
      throw this.#invalid("range character '-' cannot be followed by a special symbol");
    }
    const [from, to] = [low.codePointAt(0) ?? 0, next.char.codePointAt(0) ?? 0];
    if (to < from) {
      throw this.#invalid(`range is out of order: '${next.char}' comes before '${low}' in Unicode`);
    }
    for (let code = from; code <= to; code++) chars.add(String.fromCodePoint(code));
  }

  #rune(): Rune | undefined {
    const char = this.#chars[this.#at];
    if (char !== '\\') {
      if (char !== undefined) this.#at++;
      return char === undefined ? undefined : { char, isEscaped: false };
    }
    const next = this.#chars[this.#at + 1];
    if (next === undefined) throw this.#invalid('input ends with a \\ (escape) character');
    this.#at += 2;
    return { char: next, isEscaped: true };
  }

  #invalid(message: string): IntersectionError {
    return new IntersectionError(
      `input:${this.#text}, pos:${this.#at}, ${message}: the input provided is invalid`,
    );
  }
}

interface Rune {
  readonly char: string;
  readonly isEscaped: boolean;
}
