import type { Location, RefTerm, StringTerm, Term, VarTerm } from './ast.ts';
import { isRootDocument, kindName } from './names.ts';
import { INVALID_FLOAT, numberProblem } from './number.ts';
import { LOWEST_PRECEDENCE, memberRef, operatorRef, precedenceOf } from './operators.ts';
import { parseArray, parseBraces, parseTermList } from './parse-collection.ts';
import { parseTemplateString } from './parse-template.ts';
import { type Parser, TOO_DEEP } from './parser.ts';
import type { Token } from './token.ts';
import { unquote } from './unquote.ts';

/** A term that was read already, and where its text begins. */
interface Started {
  readonly term: Term;
  readonly offset: number;
}

/** A term with infix operators: `a + b`, `x in xs`, and where `keyAndValue` also `k, v in xs`. */
export function parseInfix(p: Parser, keyAndValue: boolean, first?: Started): Term | undefined {
  const { offset } = first ?? p.s;
  let left = parseRelation(p, LOWEST_PRECEDENCE, first);
  while (left !== undefined) {
    const withKey: Term | undefined = keyAndValue && p.at(',') ? parseMiddle(p, left, offset) : undefined;
    const member = withKey ?? parseMember(p, left, offset);
    if (member === undefined || !p.at('in')) return member ?? left;
    left = member;
  }
  return undefined;
}

/** `, v in xs` behind `k`. */
function parseMiddle(p: Parser, key: Term, offset: number): Term | undefined {
  const state = p.save();
  p.scan();
  const value = parseRelation(p, LOWEST_PRECEDENCE);
  if (value !== undefined && p.at('in')) {
    const operator = memberRef(true, p.here());
    p.scan();
    const domain = parseRelation(p, LOWEST_PRECEDENCE);
    if (domain !== undefined) {
      return { kind: 'call', operator, args: [key, value, domain], location: p.span(key.location, offset) };
    }
  }
  p.restore(state);
  return undefined;
}

function parseMember(p: Parser, value: Term, offset: number): Term | undefined {
  p.acceptKeywordAsRefHead();
  if (!p.at('in')) return undefined;
  const operator = memberRef(false, p.here());
  p.scan();
  const domain = parseRelation(p, LOWEST_PRECEDENCE);
  if (domain === undefined) return undefined;
  return { kind: 'call', operator, args: [value, domain], location: p.span(value.location, offset) };
}

/** Operators of this precedence and above. */
function parseRelation(p: Parser, lowest: number, first?: Started): Term | undefined {
  const { offset } = first ?? p.s;
  let left = first === undefined ? parseTerm(p) : first.term;
  while (left !== undefined) {
    const precedence = precedenceOf(p.token);
    if (precedence === undefined || precedence < lowest) return left;
    const operator = operatorRef(p.token, p.here());
    p.scan();
    const right = parseRelation(p, precedence + 1);
    if (right === undefined) return left;
    left = { kind: 'call', operator, args: [left, right], location: p.span(left.location, offset) };
  }
  return undefined;
}

/** A term without infix operators, but for what stands in brackets. */
export function parseTerm(p: Parser): Term | undefined {
  const cached = p.cachedTerm();
  if (cached !== undefined) return cached.term;
  if (p.at('minus')) return parseMinus(p);
  const { offset } = p.s;
  if (!p.enter()) return undefined;
  acceptLogicalAsName(p);
  // Brackets are told apart here, for they nest: one call less for each.
  let term: Term | undefined;
  if (p.at('[')) term = parseArray(p);
  else if (p.at('{')) term = parseBraces(p);
  else if (p.at('(')) term = parseParentheses(p);
  else term = parseSimple(p);
  if (term !== undefined) term = finishTerm(p, term);
  p.leave();
  if (isWorthCaching(term)) p.cacheTerm(offset, term);
  return term;
}

/** Small terms are read again faster than they are remembered. */
function isWorthCaching(term: Term | undefined): boolean {
  return term === undefined || !(term.kind === 'var' || term.kind === 'string' || term.kind === 'number');
}

/** `and(…)` and `or(…)` are calls where a term is expected, as no operator can stand there. */
function acceptLogicalAsName(p: Parser): void {
  if (p.token !== 'logical-and' && p.token !== 'logical-or') return;
  if (p.peek(false) === '(') p.s.token = 'identifier';
}

/** A head that holds no other term, but for template strings. */
function parseSimple(p: Parser): Term | undefined {
  switch (p.token) {
    case 'identifier':
    case 'contains':
      return parseVar(p);
    case 'string':
      return parseString(p);
    case 'number':
    case '.':
      return parseNumber(p);
    case 'null':
      return { kind: 'null', location: p.here() };
    case 'true':
    case 'false':
      return { kind: 'boolean', value: p.token === 'true', location: p.here() };
    case 'template-string-part':
    case 'template-string-end':
      return parseTemplateString(p, false);
    case 'raw-template-string-part':
    case 'raw-template-string-end':
      return parseTemplateString(p, true);
    default:
      return p.illegal();
  }
}

export function parseVar(p: Parser): VarTerm {
  const name = p.s.literal === '_' ? p.wildcard() : p.s.literal;
  return { kind: 'var', name, location: p.here() };
}

/** `-1` is a number, `-x` a call of `minus`. */
function parseMinus(p: Parser): Term | undefined {
  const location = p.here();
  const state = p.save();
  p.scan();
  if (!p.at('identifier') && !p.at('contains')) {
    p.restore(state);
    const number = parseNumber(p);
    return number && finishTerm(p, number);
  }
  const term = finishTerm(p, parseVar(p));
  if (term === undefined) return undefined;
  const zero = { kind: 'number' as const, text: '0', location };
  return {
    kind: 'call',
    operator: operatorRef('minus', location),
    args: [zero, term],
    location: p.span(location),
  };
}

/** As many as OPA takes before its own stack is too deep. */
const MAX_PARENTHESES = 12_500;

/** `(term)`: the text of the term then begins with the parenthesis. A loop, so that `((((` needs no stack. */
function parseParentheses(p: Parser): Term | undefined {
  const opened: number[] = [];
  while (p.at('(')) {
    if (opened.length === MAX_PARENTHESES) return p.error(p.here(), TOO_DEEP);
    opened.push(p.s.offset);
    p.scan();
  }
  let term = parseInfix(p, true);
  for (let offset = opened.pop(); term !== undefined && offset !== undefined; offset = opened.pop()) {
    if (!p.at(')')) return p.error(p.here(), 'non-terminated expression');
    term = { ...term, location: p.span(term.location, offset, p.s.end) };
    if (opened.length === 0) break;
    const finished = finishTerm(p, term);
    term = finished && parseInfix(p, true, { term: finished, offset });
  }
  return term;
}

function parseString(p: Parser): StringTerm | undefined {
  const value = unquote(p.s.literal);
  if (value === undefined) return p.error(p.here(), `illegal string literal: ${p.s.literal}`);
  return { kind: 'string', value, location: p.here() };
}

function parseNumber(p: Parser): Term | undefined {
  const location = p.here();
  let prefix = '';
  if (p.at('minus')) {
    prefix = '-';
    p.scan();
    if (!p.at('number') && !p.at('.')) return p.illegal('expected number');
  }
  if (p.at('.')) {
    prefix += '.';
    p.scan();
    if (!p.at('number')) return p.illegal('expected number');
  }
  const { literal } = p.s;
  if (!prefix.endsWith('.') && /^0(?!\.|[eE].|$)/.test(literal)) {
    return p.illegal('expected number without leading zero');
  }
  // OPA's scanner takes the first byte of what follows for part of the number.
  if (p.source.charCodeAt(p.s.end) >= 0x80) return p.illegal(INVALID_FLOAT);
  const text = prefix + literal;
  const problem = numberProblem(text);
  if (problem === undefined) return { kind: 'number', text, location };
  return problem === INVALID_FLOAT ? p.illegal(problem) : p.error(p.here(), problem);
}

/** Reads on behind the head of a term: a call or ref, where one follows at once. */
function finishTerm(p: Parser, head: Term): Term | undefined {
  const { offset } = p.s;
  p.scanTight();
  if (opensRef(p.token)) return parseRef(p, head, offset);
  if (p.at('whitespace')) p.scan();
  return asRoot(head);
}

/** `input` and `data` are refs even alone. */
export function asRoot(head: Term): Term {
  if (head.kind !== 'var' || !isRootDocument(head.name)) return head;
  return { kind: 'ref', head, path: [], location: head.location };
}

export function opensRef(token: Token): boolean {
  return token === '.' || token === '[' || token === '(';
}

/** What follows a head: `.name`, `[term]`, `(args)`. */
export function parseRef(p: Parser, head: Term, offset: number): Term | undefined {
  if (!canBeRefHead(head)) p.error(head.location, `illegal ref (head cannot be ${kindName(head)})`);
  const path: Term[] = [];
  for (;;) {
    switch (p.token) {
      case '.': {
        const name = parseDot(p);
        if (name === undefined) return undefined;
        path.push(name);
        break;
      }
      case '[': {
        const operand = parseBracket(p);
        if (operand === undefined) return undefined;
        path.push(operand);
        break;
      }
      case '(': {
        const location = p.span(head.location, offset, p.s.offset);
        return parseCallOrMore(p, { kind: 'ref', head, path, location }, offset);
      }
      default: {
        const location = p.span(head.location, offset);
        if (p.at('whitespace')) p.scan();
        return { kind: 'ref', head, path, location };
      }
    }
  }
}

function canBeRefHead({ kind }: Term): boolean {
  return !(
    kind === 'null' ||
    kind === 'boolean' ||
    kind === 'number' ||
    kind === 'string' ||
    kind === 'ref' ||
    kind === 'template-string'
  );
}

function parseDot(p: Parser): StringTerm | undefined {
  p.scanTight();
  if (!p.at('identifier') && !p.isRefKeyword(p.token)) return p.illegal('expected identifier');
  const name = { kind: 'string' as const, value: p.s.literal, location: p.here() };
  p.scanTight();
  return name;
}

function parseBracket(p: Parser): Term | undefined {
  p.scan();
  const operand = parseInfix(p, true);
  if (operand === undefined) return undefined;
  if (!p.at(']')) return p.illegal('expected [');
  p.scanTight();
  return operand;
}

function parseCallOrMore(p: Parser, operator: RefTerm, offset: number): Term | undefined {
  const call = parseCall(p, operator, offset);
  if (call === undefined) return undefined;
  if (p.at('.') || p.at('[')) {
    const term = parseRef(p, call, offset);
    return term === undefined ? undefined : { ...term, location: p.span(operator.location, offset) };
  }
  if (p.at('whitespace')) p.scan();
  return { ...call, location: p.span(operator.location, offset) };
}

function parseCall(p: Parser, operator: RefTerm, offset: number): Term | undefined {
  p.scan();
  const args = parseTermList(p, ')', []);
  if (args === undefined) return undefined;
  const location: Location = p.span(operator.location, offset, p.s.end);
  p.scanTight();
  if (args.length === 0 && operator.path.length === 0 && isSetConstructor(operator.head)) {
    return { kind: 'set', items: [], location };
  }
  return { kind: 'call', operator, args, location };
}

function isSetConstructor(head: Term): boolean {
  return head.kind === 'var' && head.name === 'set';
}
