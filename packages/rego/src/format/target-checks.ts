/** What a module cannot hold in the version for which it is written. */
import { signatureOf } from '../builtins/signatures.ts';
import { duplicateImports } from '../check/check-imports.ts';
import type { Location, Module, Rule, Term } from '../syntax/ast.ts';
import { type RegoErrorCode, type RegoProblem, RegoSourceError } from '../syntax/error.ts';
import { calledName, isRootDocument } from '../syntax/names.ts';
import { KEYWORDS } from '../syntax/token.ts';
import { visitBody, visitRule, visitTerms } from '../syntax/visit.ts';
import type { Target } from './target.ts';

/** Throws all that would be wrong in the later version; nothing is asked of v0. */
export function checkForTarget(module: Module, { max }: Target): void {
  if (max === 'v0') return;
  const problems = [
    ...duplicateImports(module),
    ...rootNames(module),
    ...deprecatedCalls(module),
    ...module.rules.flatMap((rule) => keywordNames(rule, 'v1')),
    ...(max === 'v2' ? module.rules.flatMap((rule) => v2Problems(rule)) : []),
  ];
  if (problems.length > 0) throw new RegoSourceError(problems);
}

function problem(code: RegoErrorCode, message: string, location: Location): RegoProblem {
  return { code, message, location };
}

function rootName(term: Term): string | undefined {
  if (term.kind !== 'ref' || term.path.length > 0 || term.head.kind !== 'var') return undefined;
  return isRootDocument(term.head.name) ? term.head.name : undefined;
}

function rootNames(module: Module): readonly RegoProblem[] {
  const problems: RegoProblem[] = [];
  const add = (what: string, name: string, hint: string, location: Location): void => {
    problems.push(
      problem(
        'rego_compile_error',
        `${what} must not shadow ${name} (use a different ${hint} name)`,
        location,
      ),
    );
  };
  for (const { head, location } of module.rules) {
    if (head.ref.head.kind === 'var' && isRootDocument(head.ref.head.name)) {
      add('rules', head.ref.head.name, 'rule', location);
    }
    for (const arg of head.args ?? []) {
      const name = rootName(arg);
      if (name !== undefined) add('args', name, 'variable', arg.location);
    }
  }
  for (const rule of module.rules) {
    visitRule(rule, {
      expr: (expr) => {
        if (expr.kind !== 'term' || expr.term.kind !== 'call') return false;
        const [target] = calledName(expr.term) === 'assign' ? expr.term.args : [];
        const name = target && rootName(target);
        if (name !== undefined) add('variables', name, 'variable', expr.location);
        return false;
      },
    });
  }
  return problems;
}

function deprecatedCalls(module: Module): readonly RegoProblem[] {
  const problems: RegoProblem[] = [];
  const statements = new Set<Term>();
  const add = (term: Term, location: Location): void => {
    const name = calledName(term);
    if (name === undefined || signatureOf(name)?.isDeprecated !== true) return;
    problems.push(
      problem('rego_type_error', `deprecated built-in function calls in expression: ${name}`, location),
    );
  };
  const visitor = {
    term: (term: Term): boolean => {
      if (!statements.has(term)) add(term, term.location);
      return false;
    },
  };
  for (const rule of module.rules) {
    visitTerms(rule.head.ref.path, visitor);
    visitRule(rule, {
      ...visitor,
      expr: (expr) => {
        if (expr.kind !== 'term') return false;
        statements.add(expr.term);
        add(expr.term, expr.location);
        return false;
      },
    });
  }
  return problems;
}

function nameOf({ head }: Rule): string {
  return head.ref.path.length === 0 && head.ref.head.kind === 'var' ? head.ref.head.name : '';
}

function keywordNames(rule: Rule, version: 'v1'): readonly RegoProblem[] {
  const name = nameOf(rule);
  if (!KEYWORDS[version].has(name)) return [];
  return [problem('rego_parse_error', `${name} keyword cannot be used for rule name`, rule.location)];
}

/** `and` and `or` are words of v2. */
function v2Problems(rule: Rule): readonly RegoProblem[] {
  const isNew = (name: string): boolean => KEYWORDS.v2.has(name) && !KEYWORDS.v1.has(name);
  const name = nameOf(rule);
  const problems = isNew(name)
    ? [problem('rego_parse_error', `${name} keyword cannot be used for rule name`, rule.location)]
    : [];
  const visitor = {
    term: (term: Term): boolean => {
      if (term.kind === 'call') {
        visitTerms(term.args, visitor);
        return true;
      }
      if (term.kind === 'var' && isNew(term.name)) {
        const message = `${term.name} keyword cannot be used for variable name`;
        problems.push(problem('rego_parse_error', message, term.location));
      }
      return false;
    },
  };
  for (let r: Rule | undefined = rule; r !== undefined; r = r.else) {
    const { ref, args = [], key, value } = r.head;
    const others = [key, value].filter((term) => term !== undefined);
    visitTerms([...ref.path, ...args, ...others], visitor);
    visitBody(r.body, visitor);
  }
  return problems;
}
