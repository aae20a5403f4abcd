import { declaredNames } from '../plan/scope.ts';
import type {
  Body,
  CallTerm,
  Comprehension,
  EveryExpr,
  Expr,
  Location,
  LogicalExpr,
  NotExpr,
  SomeInExpr,
  Term,
  TermExpr,
  With,
} from '../syntax/ast.ts';
import type { RegoProblem } from '../syntax/error.ts';
import { calledName, kindName } from '../syntax/names.ts';
import { refText } from '../syntax/text.ts';
import { type Visitor, visitTerm, visitTerms } from '../syntax/visit.ts';
import type { Local, LocalScopes } from './local-scopes.ts';
import { rootOf, variablesOf } from './names.ts';
import { declaredBySomeIn, openNames } from './patterns.ts';

const ASSIGN_IN_NEGATED = 'cannot assign vars inside negated expression';
const NOTHING: ReadonlySet<string> = new Set();

/** Why a name cannot be declared, by what it is already. */
const TAKEN = {
  argument: (name: string) => `arg ${name} redeclared`,
  seen: (name: string) => `var ${name} referenced above`,
  assigned: (name: string) => `var ${name} assigned above`,
  declared: (name: string) => `var ${name} declared above`,
} as const;

/** Follows the declarations of one rule, as OPA does while it gives every variable a name of its own. */
export class Locals {
  readonly errors: RegoProblem[] = [];
  /** Told only where nothing else is wrong. */
  readonly unused: RegoProblem[] = [];
  /** Calls of what is a variable here: no function has such a name. */
  readonly hiddenCalls: RegoProblem[] = [];
  /** Modifiers whose target is a variable here. */
  readonly localTargets = new Set<With>();
  readonly #scopes: LocalScopes;
  readonly #strict: boolean;
  /** Occurrences that are of a declared variable. */
  readonly #resolved = new Set<Term>();
  readonly #terms: Visitor;

  constructor(scopes: LocalScopes, strict: boolean) {
    this.#scopes = scopes;
    this.#strict = strict;
    this.#terms = { term: (term) => this.#occurs(term), expr: (expr) => this.#partOfTemplate(expr) };
  }

  /** The comprehensions of a rule's head, each with a scope of its own. */
  closuresOf(root: Term): void {
    visitTerm(root, {
      term: (term) => {
        if (term.kind === 'template-string') this.#inner(() => this.#visit(term));
        else if ('body' in term) this.#inner(() => this.#comprehension(term));
        else return false;
        return true;
      },
    });
  }

  /** A body in the current scope; `outside` names what is used beside it. */
  body(body: Body, outside: ReadonlySet<string>): void {
    for (const expr of body) this.#statement(expr);
    if (this.errors.length > 0) return;
    if (this.#strict) this.#checkAssigned(outside);
    this.#checkDeclared(body, outside);
  }

  #inner(walk: () => void): void {
    this.#scopes.push();
    walk();
    this.#scopes.pop();
  }

  #statement(expr: Expr): void {
    switch (expr.kind) {
      case 'some':
        for (const { name } of expr.symbols) this.#declare(name, 'declared', expr.location, expr.location);
        break;
      case 'some-in':
        return this.#someIn(expr);
      case 'every':
        return this.#every(expr);
      case 'not':
        return this.#not(expr);
      case 'logical':
        return this.#logical(expr);
      default:
        if (calledName(expr.term) === 'assign' && expr.term.kind === 'call')
          this.#assignment(expr, expr.term);
        else this.#termExpr(expr);
    }
  }

  #termExpr({ term, location, with: modifiers }: TermExpr): void {
    if (term.kind === 'call') {
      this.hiddenCall(term, location);
      this.#visitAll([term.operator, ...term.args]);
    } else this.#visit(term);
    this.#modifiers(modifiers);
  }

  #partOfTemplate(expr: Expr): boolean {
    if (expr.kind === 'term') this.#termExpr(expr);
    return expr.kind === 'term';
  }

  #modifiers(modifiers: readonly With[]): void {
    for (const modifier of modifiers) {
      const { target, value } = modifier;
      const head = target.kind === 'ref' ? target.head : target;
      if (head.kind === 'var' && this.#scopes.find(head.name)?.own === true) this.localTargets.add(modifier);
      this.#visitAll([target, value]);
    }
  }

  /** The right side first: it is before the variables of the left. */
  #assignment(expr: TermExpr, { args }: CallTerm): void {
    if (expr.negated) return this.#error(ASSIGN_IN_NEGATED, expr.location);
    const [target, value] = args;
    if (args.length !== 2 || target === undefined || value === undefined) return;
    this.#visit(value);
    for (const modifier of expr.with) this.#visit(modifier.value);
    this.#assign(target, expr.location);
  }

  #assign(target: Term, statement: Location): void {
    const root = rootOf(target);
    if (target.kind === 'var') this.#declare(target.name, 'assigned', target.location, statement);
    else if (root !== undefined) this.#declare(root, 'assigned', target.location, statement);
    else if (target.kind === 'array') for (const item of target.items) this.#assign(item, statement);
    else if (target.kind === 'object') for (const [, value] of target.entries) this.#assign(value, statement);
    else this.#error(`cannot assign to ${kindName(target)}`, target.location);
  }

  #declare(
    name: string,
    as: 'assigned' | 'declared',
    place: Location,
    statement: Location,
  ): Local | undefined {
    const taken = this.#scopes.current.get(name);
    if (taken === undefined) return this.#scopes.insert(name, as, statement, true);
    this.#error(TAKEN[taken.occurrence](name), place);
    return undefined;
  }

  #someIn(expr: SomeInExpr): void {
    const { key, value, domain, location } = expr;
    const before = openNames(domain, false);
    const bound = [...openNames(key, true), ...openNames(value, true)].filter(
      (name) => !name.startsWith('$'),
    );
    const early = bound.filter((name) => before.has(name));
    for (const name of new Set(early)) this.#error(`var ${name} assigned before`, location);
    if (early.length > 0) return;
    for (const name of [...declaredBySomeIn(expr)].toSorted()) {
      const local = this.#declare(name, 'declared', location, location);
      if (local === undefined) return;
      local.used = true;
    }
    this.#visitAll([...(key === undefined ? [] : [key]), value, domain]);
    this.#modifiers(expr.with);
  }

  #every({ key, value, domain, body, location, with: modifiers }: EveryExpr): void {
    this.#visit(domain);
    this.#inner(() => {
      for (const variable of key === undefined ? [value] : [key, value]) {
        if (variable.name.startsWith('$')) continue;
        if (this.#declare(variable.name, 'declared', location, location) === undefined) return;
      }
      this.body(body, NOTHING);
      this.#modifiers(modifiers);
    });
  }

  #not(expr: NotExpr): void {
    if (expr.explicit) {
      this.#inner(() => {
        this.body(expr.body, NOTHING);
        this.#modifiers(expr.with);
      });
      return;
    }
    const errors = this.errors.length;
    this.#implicitBody(expr.body, ASSIGN_IN_NEGATED);
    if (this.errors.length > errors) return;
    this.#again(expr.body);
    this.#modifiers(expr.with);
  }

  #logical(expr: LogicalExpr): void {
    const errors = this.errors.length;
    const message = `cannot assign vars inside implicit ${expr.operator} operand`;
    for (const [body, explicit] of [
      [expr.left, expr.leftExplicit],
      [expr.right, expr.rightExplicit],
    ] as const) {
      if (explicit) this.#inner(() => this.body(body, NOTHING));
      else this.#implicitBody(body, message);
    }
    if (this.errors.length > errors) return;
    this.#again([...expr.left, ...expr.right]);
    this.#modifiers(expr.with);
  }

  /** A body without braces cannot declare anything. */
  #implicitBody(body: Body, message: string): void {
    for (const expr of body) {
      if (expr.kind === 'not') this.#not(expr);
      else if (expr.kind === 'logical') this.#logical(expr);
      else if (expr.kind === 'term' && calledName(expr.term) === 'assign')
        this.#error(message, expr.location);
    }
  }

  /** What an operand names without declaring it is named in the scope around it, too. */
  #again(body: Body): void {
    for (const expr of body) {
      if (expr.kind === 'term') this.#termExpr(expr);
      else if (expr.kind === 'not') this.#again(expr.body);
      else if (expr.kind === 'logical') this.#again([...expr.left, ...expr.right]);
    }
  }

  #comprehension(term: Comprehension): void {
    const heads = term.kind === 'object-comprehension' ? [term.key, term.value] : [term.term];
    this.#inner(() => {
      this.body(term.body, variablesOf(...heads));
      this.#visitAll(heads);
    });
  }

  #visit(term: Term): void {
    visitTerm(term, this.#terms);
  }

  #visitAll(terms: readonly Term[]): void {
    visitTerms(terms, this.#terms);
  }

  #occurs(term: Term): boolean {
    switch (term.kind) {
      case 'var':
        this.#name(term);
        return true;
      case 'ref': {
        const root = rootOf(term);
        if (root === undefined) return false;
        const local = this.#scopes.find(root);
        if (local?.own === true) local.used = true;
        return true;
      }
      case 'call':
        this.#checkCalled(term);
        return false;
      case 'array-comprehension':
      case 'set-comprehension':
      case 'object-comprehension':
        this.#comprehension(term);
        return true;
      default:
        return false;
    }
  }

  #name(term: Term & { readonly name: string }): void {
    if (this.#resolved.has(term)) return;
    const local = this.#scopes.find(term.name);
    if (local === undefined) {
      this.#scopes.insert(term.name, 'seen', term.location, false);
      return;
    }
    local.count++;
    local.used = true;
    if (local.own) this.#resolved.add(term);
  }

  /** A call by the name of a variable, where it is a whole statement or stands in the head. */
  hiddenCall({ operator }: CallTerm, location: Location): void {
    const { head } = operator;
    if (head.kind !== 'var' || this.#scopes.find(head.name)?.own !== true) return;
    const message = `undefined function ${refText(operator)}`;
    this.hiddenCalls.push({ code: 'rego_type_error', message, location });
  }

  #checkCalled({ operator, location }: CallTerm): void {
    const { head } = operator;
    if (head.kind === 'var' && this.#scopes.find(head.name)?.own === true) {
      this.#error(`called function ${refText(operator)} shadowed`, location);
    }
  }

  #checkAssigned(outside: ReadonlySet<string>): void {
    if (this.unused.length > 0) return;
    for (const [name, { occurrence, count, location }] of this.#scopes.current) {
      if (occurrence !== 'assigned' || count > 1 || name.startsWith('$') || outside.has(name)) continue;
      this.#unused(`assigned var ${name} unused`, location);
    }
  }

  #checkDeclared(body: Body, outside: ReadonlySet<string>): void {
    if (this.unused.length > 0) return;
    for (const [name, { occurrence, used }] of this.#scopes.current) {
      if (occurrence !== 'declared' || used || outside.has(name)) continue;
      const declaration = body.find((expr) => declaredNames([expr]).has(name)) ?? body[0];
      if (declaration !== undefined) this.#unused(`declared var ${name} unused`, declaration.location);
    }
  }

  #error(message: string, location: Location): void {
    this.errors.push({ code: 'rego_compile_error', message, location });
  }

  #unused(message: string, location: Location): void {
    this.unused.push({ code: 'rego_compile_error', message, location });
  }
}
