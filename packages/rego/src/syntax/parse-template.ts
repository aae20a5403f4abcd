import type { Expr, Location, StringTerm, TemplateExpression, TemplateString, TermExpr } from './ast.ts';
import { calledName } from './names.ts';
import { parseLiteral } from './parse-body.ts';
import type { Parser } from './parser.ts';
import { unescape } from './unquote.ts';

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
    const expr = parseExpression(p);
    if (expr === undefined) return undefined;
    parts.push({ kind: 'template-expression', expr, location: expr.location });
    p.scanTemplate(raw);
  }
  return { kind: 'template-string', parts, raw, location: p.span(start, start.offset, p.s.end) };
}

/** What stands in braces, up to the closing one. */
function parseExpression(p: Parser): TermExpr | undefined {
  p.scan();
  const expr = parseLiteral(p);
  if (expr === undefined) return p.error(p.here(), 'invalid template-string expression');
  const unexpected = unexpectedIn(expr);
  if (unexpected !== undefined) return refuse(p, expr.location, unexpected);
  if (!p.at('}')) return p.error(p.here(), 'expected } to end template string expression');
  return expr.kind === 'term' ? expr : refuse(p, expr.location, `'${expr.kind}'`);
}

function unexpectedIn(expr: Expr): string | undefined {
  if (expr.negated) return "negation ('not')";
  if (expr.kind === 'every') return "'every'";
  if (expr.kind === 'some' || expr.kind === 'some-in') return "'some'";
  if (expr.kind !== 'term') return undefined;
  const name = calledName(expr.term);
  if (name === 'eq') return "unification ('=')";
  return name === 'assign' ? "assignment (':=')" : undefined;
}

function refuse(p: Parser, location: Location, what: string): undefined {
  return p.error(location, `unexpected ${what} in template-string expression`);
}
