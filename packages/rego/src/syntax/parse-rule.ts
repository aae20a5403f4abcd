import type { Body, Head, Location, RefTerm, Rule, Term } from './ast.ts';
import { isGround } from './ground.ts';

import { parseBody, parseLiteral } from './parse-body.ts';
import { asRoot, opensRef, parseInfix, parseRef, parseVar } from './parse-term.ts';
import type { Parser } from './parser.ts';
import { keywordRuleName } from './rule-name.ts';
import { relocate } from './relocate.ts';
import { defaultValueProblems, defaultArgsProblems } from './default-rule.ts';

/** The head with what only its form tells. */
interface ParsedHead {
  readonly head: Head;
  /** `p[x]` may turn out to be a set, or an object with the key x. */
  readonly key: Term | undefined;
}

/**
 * A rule and those that its further bodies make: `p { … } { … }`. Undefined where the source is no rule but may be
 * an expression that defines one (`p := 1`).
 */
export function parseRules(p: Parser): readonly Rule[] | undefined {
  const start = p.here();
  p.acceptKeywordAsRefHead();
  const isDefault = p.at('default');
  if (isDefault) {
    p.scan();
    p.acceptKeywordAsRefHead();
  }
  if (!p.at('identifier')) {
    if (isDefault) keywordRuleName(p, true);
    return undefined;
  }
  const head = parseHead(p, isDefault);
  if (head === undefined) return undefined;
  if (isDefault) return defaultRule(p, head, start);
  return bodiedRules(p, withKey(p, head), start);
}

function defaultRule(p: Parser, head: Head, location: Location): readonly Rule[] | undefined {
  const problems =
    head.value === undefined
      ? ['must have a value']
      : [...defaultValueProblems(head.value), ...defaultArgsProblems(head.args ?? [])];
  for (const problem of problems) p.error(location, `illegal default rule (${problem})`);
  if (problems.length > 0) return undefined;
  return [ruleOf(head, trueBody(location), location, { default: true })];
}

/** `p[x]` without `if` is a set `p` (or an object, if it has a value); with `if` it is `p[x]`. */
function withKey(p: Parser, head: Head): ParsedHead {
  const { path } = head.ref;
  const [operand] = path;
  if (head.contains) return { head, key: head.key };
  if (p.at('if')) {
    const isKey = operand !== undefined && path.length === 1 && head.args === undefined;
    const key = isKey && (operand.kind === 'ref' || !isGround(operand)) ? operand : undefined;
    if (head.value !== undefined) return { head, key };
    return { head: { ...head, value: trueTerm(head.location), valueGenerated: true }, key };
  }
  if (operand === undefined || path.length !== 1 || head.args !== undefined) return { head, key: undefined };
  if (head.value !== undefined) return { head, key: operand };
  return { head: { ...head, ref: { ...head.ref, path: [] }, key: operand }, key: operand };
}

function bodiedRules(p: Parser, parsed: ParsedHead, start: Location): readonly Rule[] | undefined {
  const { head } = parsed;
  const hasIf = p.at('if');
  if (!hasIf && !p.at('{')) {
    return head.contains
      ? [ruleOf(head, trueBody(start), head.location, { bodyGenerated: true })]
      : undefined;
  }
  const body = hasIf ? parseIfBody(p) : parseBracedBody(p);
  if (body === undefined) return undefined;
  let elseRule: Rule | undefined;
  if (p.at('else') && !p.acceptKeywordAsRefHead()) {
    elseRule = parseFirstElse(p, parsed);
    if (elseRule === undefined) return undefined;
  }
  const first = ruleOf(head, body, p.span(start), { else: elseRule, if: hasIf });
  return chainedRules(p, first);
}

/** Behind `if`: an expression, or a body in braces where these are no set or comprehension. */
function parseIfBody(p: Parser): Body | undefined {
  p.scan();
  const state = p.save();
  const braced = p.at('{');
  const expr = parseLiteral(p);
  // A set is never false or undefined: `{ true }` is a body.
  if (expr !== undefined && !(braced && expr.kind === 'term' && expr.term.kind === 'set')) return [expr];
  if (!braced) return undefined;
  p.restore(state);
  return parseBracedBody(p);
}

/** `{ … }`, and the token behind it. */
function parseBracedBody(p: Parser): Body | undefined {
  p.scan();
  const body = parseBody(p, '}');
  if (body !== undefined) p.scan();
  return body;
}

function parseFirstElse(p: Parser, { head, key }: ParsedHead): Rule | undefined {
  if (head.ref.path.length > 0 && !isGround(head.ref)) {
    return p.error(p.here(), 'else keyword cannot be used on rules with variables in head');
  }
  if (key !== undefined) return p.error(p.here(), 'else keyword cannot be used on multi-value rules');
  return parseElse(p, head);
}

function parseElse(p: Parser, head: Head): Rule | undefined {
  const start = p.here();
  p.scan();
  let elseHead: Head = { ...renewWildcards(p, head), location: start, valueGenerated: false };
  if (p.at('{') || p.at('if')) {
    elseHead = { ...elseHead, value: trueTerm(start), valueGenerated: true };
  } else if (p.at('assign') || p.at('eq')) {
    const assign = p.at('assign');
    p.scan();
    const value = parseInfix(p, true);
    if (value === undefined) return undefined;
    elseHead = { ...elseHead, value, assign, location: p.span(start) };
  } else return p.illegal('expected else value term or rule body');
  const hasIf = p.at('if');
  if (!hasIf && !p.at('{')) return ruleOf(elseHead, trueBody(start), p.span(start), { bodyGenerated: true });
  const body = parseElseBody(p, hasIf, start);
  if (body === undefined) return undefined;
  let next: Rule | undefined;
  if (p.at('else')) {
    next = parseElse(p, head);
    if (next === undefined) return undefined;
  }
  return ruleOf(elseHead, body, p.span(start), { else: next, if: hasIf });
}

function parseElseBody(p: Parser, hasIf: boolean, start: Location): Body | undefined {
  if (hasIf) p.scan();
  if (p.at('{')) return parseBracedBody(p);
  if (p.at('eof')) return p.illegal('rule body expected');
  const expr = parseLiteral(p);
  return expr === undefined ? undefined : [relocate(expr, p.span(start))];
}

/** Each further body is a rule of its own, said to stand where the body does. */
function chainedRules(p: Parser, first: Rule): readonly Rule[] | undefined {
  const rules = [first];
  while (p.at('{')) {
    if (first.else !== undefined) return p.error(p.here(), 'expected else keyword');
    const start = p.here();
    const body = parseBracedBody(p);
    if (body === undefined) return undefined;
    const location = p.span(start);
    const head = relocate(renewWildcards(p, first.head), location);
    rules.push(ruleOf(head, body, location, { if: first.if, chained: true }));
  }
  return rules;
}

/** Arguments that are written `_` are different variables in each rule. */
function renewWildcards(p: Parser, head: Head): Head {
  if (head.args === undefined) return head;
  const args = head.args.map((arg) =>
    arg.kind === 'var' && arg.name.startsWith('$') ? { ...arg, name: p.wildcard() } : arg,
  );
  return { ...head, args };
}

function parseHead(p: Parser, isDefault: boolean): Head | undefined {
  const start = p.here();
  const term = parseName(p);
  if (term === undefined) return p.illegal('expected rule head name');
  const named = namedBy(p, term);
  if (named === undefined) return undefined;
  const bare: Head = {
    ...named,
    key: undefined,
    value: undefined,
    valueGenerated: false,
    assign: false,
    contains: false,
    location: start,
  };
  const name = p.text(bare.ref.location);
  if (p.at('contains')) return parseContains(p, bare, name);
  if (p.at('eq') || p.at('assign')) return parseHeadValue(p, bare, name, isDefault);
  const location = p.span(start);
  if (bare.ref.path.length === 1 && bare.args === undefined) return { ...bare, location };
  // A place of its own: the formatter writes such a value where it writes any.
  return { ...bare, value: trueTerm({ ...location }), valueGenerated: true, location };
}

/** The name with all that follows it: `p`, `p.q[x]`, `f(a)`. */
function parseName(p: Parser): Term | undefined {
  const head = parseVar(p);
  const { offset } = p.s;
  p.scanTight();
  if (p.at('whitespace')) p.scan();
  else if (isOperator(p)) p.illegal();
  if (opensRef(p.token)) return parseRef(p, head, offset);
  return asRoot(head);
}

function isOperator(p: Parser): boolean {
  return /^(?:plus|minus|mul|div|rem|and|or|equal|neq|gte?|lte?)$/.test(p.token);
}

function namedBy(p: Parser, term: Term): Pick<Head, 'ref' | 'args'> | undefined {
  if (term.kind === 'var') return { ref: refOf(term), args: undefined };
  if (term.kind === 'ref') return { ref: term, args: undefined };
  if (term.kind !== 'call') return undefined;
  if (term.operator.head.kind !== 'var') return p.illegal(`rule head ref ${p.text(term.location)} invalid`);
  return { ref: term.operator, args: term.args.length > 0 ? term.args : undefined };
}

function refOf(head: Term): RefTerm {
  return { kind: 'ref', head, path: [], location: head.location };
}

function parseContains(p: Parser, head: Head, name: string): Head {
  const usage = `(e.g., ${name} contains <VALUE> { ... })`;
  if (head.args !== undefined) {
    p.illegal(`the contains keyword can only be used with multi-value rule definitions ${usage}`);
  }
  p.scan();
  const key = parseInfix(p, true);
  if (key === undefined) p.illegal(`expected rule key term ${usage}`);
  return { ...head, key, contains: true, location: p.span(head.location) };
}

function parseHeadValue(p: Parser, head: Head, name: string, isDefault: boolean): Head {
  const assign = p.at('assign');
  p.scan();
  const value = parseInfix(p, true);
  const location = p.span(head.location);
  if (value !== undefined) return { ...head, value, assign, location };
  p.illegal(`expected ${valueUsage(head, name, assign, isDefault)}`);
  if (head.ref.path.length === 1 && head.args === undefined) return { ...head, assign, location };
  return { ...head, value: trueTerm({ ...location }), valueGenerated: true, assign, location };
}

function valueUsage(head: Head, name: string, assign: boolean, isDefault: boolean): string {
  if (!assign) return `rule value term (e.g., ${name}[<nil>] = <VALUE> { ... })`;
  if (head.args !== undefined) return `function value term (e.g., ${name}(...) := <VALUE> { ... })`;
  if (isDefault) return `default rule value term (e.g., default ${name} := <VALUE>)`;
  return `rule value term (e.g., ${name} := <VALUE> { ... })`;
}

export function trueTerm(location: Location): Term {
  return { kind: 'boolean', value: true, location };
}

export function trueBody(location: Location): Body {
  return [{ kind: 'term', term: trueTerm(location), negated: false, with: [], location }];
}

/** A rule with what is said of it; the rest is absent. */
export function ruleOf(
  head: Head,
  body: Body,
  location: Location,
  more: Partial<Pick<Rule, 'default' | 'else' | 'if' | 'chained' | 'bodyGenerated'>>,
): Rule {
  return {
    kind: 'rule',
    default: false,
    head,
    body,
    bodyGenerated: false,
    if: false,
    else: undefined,
    chained: false,
    location,
    ...more,
  };
}
