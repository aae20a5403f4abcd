import type { Expr, StringTerm, TemplateExpression, TemplateString } from './ast.ts';
import { calledName } from './names.ts';
import type { Parser } from './parser.ts';
import { unescape } from './unquote.ts';

const SCALARS: ReadonlySet<string> = new Set(['string', 'number', 'boolean', 'null']);

/** `$"…{expression}…"`, at its first part. */
export function parseTemplateString(p: Parser, raw: boolean): TemplateString | undefined {
  const start = p.here();
  if (p.version === 'v0') return p.error(start, 'template strings are not supported by current capabilities');
  const parts: (StringTerm | TemplateExpression)[] = [];
  for (;;) {
    const literal = p.s.literal.slice(1, -1);
    const text = raw ? literal : unescape(literal);
    if (text === undefined) return p.error(p.here(), `illegal template-string part: ${p.s.literal}`);
    if (text !== '') parts.push({ kind: 'string', value: text, location: p.here() });
    if (p.at('template-string-end') || p.at('raw-template-string-end')) break;
    const { commentCount } = p;
    p.scan();
    const isBare = p.commentCount === commentCount;
    const expr = parseExpression(p);
    if (expr === undefined) return undefined;
    const isText = isBare && expr.kind === 'term' && SCALARS.has(expr.term.kind);
    parts.push({ kind: 'template-expression', expr, isText, location: expr.location });
    p.scanTemplate(raw);
  }
  return { kind: 'template-string', parts, raw, location: p.span(start, start.offset, p.s.end) };
}

/** What stands in braces, up to the closing one. */
function parseExpression(p: Parser): TemplateExpression['expr'] | undefined {
  const expr = p.grammar.literal(p);
  if (expr === undefined) return p.error(p.here(), 'invalid template-string expression');
  if (expr.negated) return refuse(p, expr, "negation ('not')");
  if (expr.kind === 'every') return refuse(p, expr, "'every'");
  if (expr.kind === 'some' || expr.kind === 'some-in') return refuse(p, expr, "'some'");
  const name = expr.kind === 'term' ? calledName(expr.term) : undefined;
  if (name === 'eq') return refuse(p, expr, "unification ('=')");
  if (name === 'assign') return refuse(p, expr, "assignment (':=')");
  if (!p.at('}')) return p.error(p.here(), 'expected } to end template string expression');
  return expr;
}

function refuse(p: Parser, { location }: Expr, what: string): undefined {
  return p.error(location, `unexpected ${what} in template-string expression`);
}
