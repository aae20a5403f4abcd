import type { Location, Term } from './ast.ts';
import type { Parser } from './parser.ts';

type Entry = readonly [key: Term, value: Term];

/** `[…]`: items, or a comprehension; the current token is the bracket, and in the end the closing one. */
export function parseArray(p: Parser): Term | undefined {
  const start = p.here();
  p.scan();
  if (p.at(']')) return array(p, start, []);
  const comprehension = !skipLeadingComma(p);
  const state = p.save();
  // A relational term would swallow the bar of a comprehension.
  const head = p.grammar.term(p);
  if (head === undefined) return undefined;
  if (p.at(']')) return array(p, start, [head]);
  if (p.at(',')) {
    p.scan();
    return array(p, start, parseTermList(p, ']', [head]));
  }
  if (p.at('or') && comprehension) {
    p.scan();
    const body = p.grammar.body(p, ']');
    if (body !== undefined) {
      return {
        kind: 'array-comprehension',
        term: head,
        body,
        location: p.span(start, start.offset, p.s.end),
      };
    }
    if (!p.at(',')) return undefined;
  }
  p.restore(state);
  return array(p, start, parseTermList(p, ']', []));
}

function array(p: Parser, start: Location, items: readonly Term[] | undefined): Term | undefined {
  if (items === undefined) return undefined;
  return { kind: 'array', items, location: p.span(start, start.offset, p.s.end) };
}

/** `[, x]` and `{, x}` are taken for old times' sake. */
function skipLeadingComma(p: Parser): boolean {
  if (!p.at(',')) return false;
  p.scan();
  return true;
}

/** `{…}`: a set, an object, or a comprehension of one. */
export function parseBraces(p: Parser): Term | undefined {
  const start = p.here();
  p.scan();
  if (p.at('}')) return object(p, start, []);
  const comprehension = !skipLeadingComma(p);
  const state = p.save();
  let head = p.grammar.term(p);
  if (head === undefined) return undefined;
  if (p.at('or') && comprehension) return parseSetComprehension(p, start, head, state);
  if (p.at('}') || p.at(',')) return parseSet(p, start, head);
  if (p.at(':')) return parseObject(p, start, head, comprehension);
  p.restore(state);
  head = p.grammar.infix(p, false);
  if (head === undefined) return undefined;
  if (p.at('}') || p.at(',')) return parseSet(p, start, head);
  if (p.at(':')) return parseObject(p, start, head, comprehension);
  return p.illegal('non-terminated set');
}

function parseSet(p: Parser, start: Location, head: Term): Term | undefined {
  if (p.at('}')) return set(p, start, [head]);
  p.scan();
  return set(p, start, parseTermList(p, '}', [head]));
}

function parseSetComprehension(
  p: Parser,
  start: Location,
  head: Term,
  state: ReturnType<Parser['save']>,
): Term | undefined {
  p.scan();
  const body = p.grammar.body(p, '}');
  if (body !== undefined) {
    return { kind: 'set-comprehension', term: head, body, location: p.span(start, start.offset, p.s.end) };
  }
  if (!p.at(',')) return undefined;
  p.restore(state);
  return set(p, start, parseTermList(p, '}', []));
}

function set(p: Parser, start: Location, items: readonly Term[] | undefined): Term | undefined {
  if (items === undefined) return undefined;
  return { kind: 'set', items, location: p.span(start, start.offset, p.s.end) };
}

/** Behind the first key, at the colon. */
function parseObject(p: Parser, start: Location, key: Term, comprehension: boolean): Term | undefined {
  p.scan();
  const state = p.save();
  const term = p.grammar.term(p);
  if (term === undefined) return undefined;
  if (comprehension) {
    if (p.at('}') || p.at(',')) return parseEntries(p, start, [key, term]);
    if (p.at('or')) {
      const result = parseObjectComprehension(p, start, key, term);
      if (result !== undefined) return result;
    }
  }
  p.restore(state);
  const value = p.grammar.infix(p, false);
  if (value === undefined) return undefined;
  if (p.at('}') || p.at(',')) return parseEntries(p, start, [key, value]);
  return p.illegal('non-terminated object');
}

function parseObjectComprehension(p: Parser, start: Location, key: Term, value: Term): Term | undefined {
  p.scan();
  const body = p.grammar.body(p, '}');
  if (body === undefined) return undefined;
  return { kind: 'object-comprehension', key, value, body, location: p.span(start, start.offset, p.s.end) };
}

function parseEntries(p: Parser, start: Location, first: Entry): Term | undefined {
  if (p.at('}')) return object(p, start, [first]);
  p.scan();
  const entries = [first];
  while (!p.at('}')) {
    const entry = parseEntry(p);
    if (entry === undefined) return undefined;
    entries.push(entry);
    if (!parseSeparator(p, '}')) return undefined;
  }
  return object(p, start, entries);
}

function parseEntry(p: Parser): Entry | undefined {
  const key = p.grammar.infix(p, false);
  if (key === undefined) return undefined;
  if (!p.at(':')) return p.illegal('expected ":"');
  p.scan();
  const value = p.grammar.infix(p, false);
  return value === undefined ? undefined : [key, value];
}

function object(p: Parser, start: Location, entries: readonly Entry[]): Term {
  return { kind: 'object', entries, location: p.span(start, start.offset, p.s.end) };
}

/** Terms up to `end`, which stays the current token; a comma may stand before it. */
export function parseTermList(p: Parser, end: ')' | ']' | '}', terms: Term[]): readonly Term[] | undefined {
  while (!p.at(end)) {
    const term = p.grammar.infix(p, false);
    if (term === undefined) return undefined;
    terms.push(term);
    if (!parseSeparator(p, end)) return undefined;
  }
  return terms;
}

function parseSeparator(p: Parser, end: ')' | ']' | '}'): boolean {
  if (p.at(end)) return true;
  if (p.at(',')) {
    p.scan();
    return true;
  }
  p.illegal(`expected "," or "${end}"`);
  return false;
}
