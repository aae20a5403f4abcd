/** Conditions that never say anything, or not what they seem to. Names are those of Regal, where it has the rule. */
import { signatureOf } from '../builtins/signatures.ts';
import type { CallTerm, Expr, Term } from '../syntax/ast.ts';
import { isGround } from '../syntax/ground.ts';
import { calledName } from '../syntax/names.ts';
import { termText } from '../syntax/text.ts';
import { visitTerm } from '../syntax/visit.ts';
import type { ExpressionLint, LintFinding } from './finding.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['equal', 'neq', 'lt', 'lte', 'gt', 'gte']);
const NONE: readonly LintFinding[] = [];

/** `1 == 1`, `"text"`: written for a moment and forgotten. A lone `true` is how a rule without conditions looks. */
const constantCondition: ExpressionLint = {
  expr: (expr) => {
    if (expr.kind !== 'term' || !isConstant(expr.term)) return NONE;
    if (expr.term.kind === 'boolean') return NONE;
    const message = `${termText(expr.term)} is the same whatever the input is: take it out, or compare what was meant`;
    return [{ rule: 'constant-condition', message, location: expr.location }];
  },
};

function isConstant(term: Term): boolean {
  if (term.kind === 'call') return COMPARISONS.has(calledName(term) ?? '') && term.args.every(isConstant);
  if (['null', 'boolean', 'number', 'string'].includes(term.kind)) return true;
  return ['array', 'object', 'set'].includes(term.kind) && isGround(term) && !holdsRefOrCall(term);
}

function holdsRefOrCall(term: Term): boolean {
  let found = false;
  visitTerm(term, {
    term: ({ kind }) => {
      if (kind === 'ref' || kind === 'call' || kind.endsWith('comprehension') || kind === 'template-string') {
        found = true;
      }
      return found;
    },
  });
  return found;
}

/** `xs[_] != x` holds as soon as one member differs. */
const notEqualsInLoop: ExpressionLint = {
  expr: (expr) => {
    if (expr.kind !== 'term' || expr.negated || calledName(expr.term) !== 'neq') return NONE;
    if (expr.term.kind !== 'call' || !expr.term.args.some(hasWildcard)) return NONE;
    const message =
      'holds as soon as one member differs: if none may be equal, write "not x in xs" or "every member in xs { … }"';
    return [{ rule: 'not-equals-in-loop', message, location: expr.location }];
  },
};

function hasWildcard(term: Term): boolean {
  return term.kind === 'ref' && term.path.some((part) => part.kind === 'var' && part.name.startsWith('$'));
}

const VERB = /%[-+# 0]*(\*|\d+)?(?:\.(\*|\d+)?)?[a-zA-Z%]/g;

/** The message would hold `%!v(MISSING)` or `%!(EXTRA …)`. */
const sprintfArguments: ExpressionLint = {
  term: (term) => {
    if (term.kind !== 'call' || calledName(term) !== 'sprintf') return NONE;
    const [format, values] = term.args;
    if (format?.kind !== 'string' || values?.kind !== 'array' || format.value.includes('%[')) return NONE;
    const wanted = [...format.value.matchAll(VERB)].reduce((sum, [verb, width, precision]) => {
      const stars = Number(width === '*') + Number(precision === '*');
      return sum + stars + Number(!verb.endsWith('%'));
    }, 0);
    const given = values.items.length;
    if (wanted === given) return NONE;
    const message = `the text has places for ${wanted} values, and ${given} are given`;
    return [{ rule: 'sprintf-arguments-mismatch', message, location: term.location }];
  },
};

/** `trim(x, " ")` as a condition: whatever it gives counts as true. */
const unassignedValue: ExpressionLint = {
  expr: (expr: Expr) => {
    if (expr.kind !== 'term' || expr.term.kind !== 'call') return NONE;
    const result = lostResult(expr.term);
    if (result === undefined) return NONE;
    const message = `${calledName(expr.term)} gives ${article(result)}, which is true whatever it is: compare it, or bind it with ":="`;
    return [{ rule: 'unassigned-return-value', message, location: expr.location }];
  },
};

/** The type of a result that nothing is done with, if it can be neither false nor absent in a way that was meant. */
function lostResult(call: CallTerm): string | undefined {
  const signature = signatureOf(calledName(call) ?? '');
  if (signature?.result === undefined || call.args.length !== signature.args.length) return undefined;
  const { type } = signature.result.type;
  return type === 'boolean' || type === 'any' ? undefined : type;
}

function article(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

export const EXPRESSION_LINTS: readonly ExpressionLint[] = [
  constantCondition,
  notEqualsInLoop,
  sprintfArguments,
  unassignedValue,
];
