/** Imports and names that hide others. */
import { declaredNames } from '../plan/scope.ts';
import type { Body, Expr, Import, Module, Rule, Term } from '../syntax/ast.ts';
import type { RegoProblem } from '../syntax/error.ts';
import { calledName } from '../syntax/names.ts';
import { refText } from '../syntax/text.ts';
import { visitRule, visitTerm } from '../syntax/visit.ts';
import type { Findings } from './findings.ts';
import { allRules, importName, isV1, rootOf, variablesOf } from './names.ts';

/** An argument named `input` or `data` would hide the document; told before anything else. */
export function checkRootArguments(modules: readonly Module[], findings: Findings): void {
  for (const module of modules) {
    for (const rule of module.rules) {
      for (let r: Rule | undefined = rule; r !== undefined; r = r.else) {
        const root = rootArgument(r.head.args ?? []);
        if (root === undefined) continue;
        const message = `args must not shadow ${root} (use a different variable name)`;
        findings.stop('rego_compile_error', message, r.location);
        break;
      }
    }
  }
}

function rootArgument(args: readonly Term[]): string | undefined {
  let found: string | undefined;
  for (const arg of args) {
    visitTerm(arg, {
      term: (term) => {
        found ??= rootOf(term);
        return term.kind === 'set' || term.kind === 'call' || term.kind.endsWith('-comprehension');
      },
    });
  }
  return found;
}

/** Strict only: imports that nothing names. */
export function checkUnusedImports(modules: readonly Module[], findings: Findings): void {
  for (const module of modules) {
    const used = new Set<string>();
    for (const rule of allRules(module)) new NameUse(used).rule(rule);
    for (const one of module.imports) {
      const { head } = one.path;
      const isDirective = head.kind === 'var' && (head.name === 'future' || head.name === 'rego');
      if (isDirective || used.has(importName(one))) continue;
      findings.note('rego_compile_error', `${importText(one)} unused`, one.location);
    }
  }
}

function importText({ path, alias }: Module['imports'][number]): string {
  return `import ${refText(path)}${alias === undefined ? '' : ` as ${alias}`}`;
}

/** Collects the names of a rule that may mean something outside of it. */
class NameUse {
  readonly #used: Set<string>;
  readonly #hidden: ReadonlySet<string>[] = [];

  constructor(used: Set<string>) {
    this.#used = used;
  }

  rule({ head, body }: Rule): void {
    this.#within([argumentNames(head.args ?? []), declaredNames(body)], () => {
      for (const term of [...head.ref.path, head.key, head.value]) if (term !== undefined) this.#term(term);
      this.#body(body);
    });
  }

  #within(hidden: readonly ReadonlySet<string>[], walk: () => void): void {
    this.#hidden.push(...hidden);
    walk();
    this.#hidden.length -= hidden.length;
  }

  #body(body: Body): void {
    for (const expr of body) this.#expr(expr);
  }

  #expr(expr: Expr): void {
    switch (expr.kind) {
      case 'some':
        break;
      case 'every':
        this.#within([variablesOf(expr.key, expr.value)], () => {
          this.#term(expr.domain);
          this.#body(expr.body);
        });
        break;
      case 'some-in':
        for (const term of [expr.key, expr.value, expr.domain]) if (term !== undefined) this.#term(term);
        break;
      case 'not':
        this.#body(expr.body);
        break;
      case 'logical':
        this.#body(expr.left);
        this.#body(expr.right);
        break;
      default:
        this.#term(expr.term);
    }
    for (const { target, value } of expr.with) {
      this.#term(target);
      this.#term(value);
    }
  }

  #term(root: Term): void {
    visitTerm(root, {
      term: (term) => {
        if (term.kind === 'var' && !this.#hidden.some((names) => names.has(term.name))) {
          this.#used.add(term.name);
        }
        if (!term.kind.endsWith('-comprehension') || !('body' in term)) return false;
        this.#within([declaredNames(term.body)], () => {
          for (const part of term.kind === 'object-comprehension' ? [term.key, term.value] : [term.term]) {
            this.#term(part);
          }
          this.#body(term.body);
        });
        return true;
      },
      expr: (expr) => {
        this.#expr(expr);
        return true;
      },
    });
  }
}

/** The variables that arguments bind; sets, calls and comprehensions bind none. */
function argumentNames(args: readonly Term[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const arg of args) {
    visitTerm(arg, {
      term: (term) => {
        if (term.kind === 'var') names.add(term.name);
        return term.kind === 'set' || term.kind === 'call' || term.kind.endsWith('-comprehension');
      },
    });
  }
  return names;
}

/** Rules and variables named `input` or `data`. */
export function checkRootNames(modules: readonly Module[], strict: boolean, findings: Findings): void {
  for (const module of modules) {
    if (!strict && !isV1(module)) continue;
    for (const rule of module.rules) {
      const { head } = rule.head.ref;
      if (head.kind === 'var' && (head.name === 'input' || head.name === 'data')) {
        const message = `rules must not shadow ${head.name} (use a different rule name)`;
        findings.note('rego_compile_error', message, rule.location);
      }
    }
    for (const rule of module.rules) visitRule(rule, { expr: (expr) => checkAssigned(expr, findings) });
  }
}

function checkAssigned(expr: Expr, findings: Findings): undefined {
  const target =
    expr.kind === 'term' && calledName(expr.term) === 'assign' ? argumentsOf(expr.term)[0] : undefined;
  const root = target === undefined ? undefined : rootOf(target);
  if (root === undefined) return;
  const message = `variables must not shadow ${root} (use a different variable name)`;
  findings.note('rego_compile_error', message, expr.location);
}

function argumentsOf(term: Term): readonly Term[] {
  return term.kind === 'call' ? term.args : [];
}

/** Two imports under one name. */
export function checkDuplicateImports(modules: readonly Module[], strict: boolean, findings: Findings): void {
  for (const module of modules) {
    if (strict || isV1(module)) for (const problem of duplicateImports(module)) findings.add(problem);
  }
}

export function duplicateImports(module: Module): readonly RegoProblem[] {
  const seen = new Map<string, Import>();
  return module.imports.flatMap((one): readonly RegoProblem[] => {
    const earlier = seen.get(importName(one));
    if (earlier === undefined) {
      seen.set(importName(one), one);
      return [];
    }
    const message = `import must not shadow ${importText(earlier)}`;
    return [{ code: 'rego_compile_error', message, location: one.location }];
  });
}
