/** Which variable, rule or import a name means. */
import type { Body, Expr, Location, Module, Rule, Term } from '../syntax/ast.ts';
import { pathKey } from '../values/text.ts';
import type { Variable } from './ir.ts';

/** A ref that a name stands for: a rule of the package, or what an import names. */
export interface Global {
  readonly root: 'data' | 'input';
  readonly path: readonly string[];
}

/** The variables of one clause, scope by scope. */
export class Scope {
  private readonly parent: Scope | undefined;
  private readonly globals: ReadonlyMap<string, Global>;
  private readonly declared = new Map<string, Variable>();
  /** Names that this scope declares somewhere: nowhere in it do they mean a global. */
  private readonly hidden: ReadonlySet<string>;
  /** For `declares` what is around this scope does not count. */
  private readonly isBarrier: boolean;
  /** What the body of an `every` declares at some place: in OPA it is known before that place, too. */
  private readonly pending = new Map<string, Variable>();
  /** Variables that nothing declares: the same in all scopes of the clause. */
  private readonly undeclared: Map<string, Variable>;

  constructor(
    globals: ReadonlyMap<string, Global>,
    hidden: ReadonlySet<string>,
    parent?: Scope,
    isBarrier = false,
  ) {
    this.isBarrier = isBarrier;
    this.globals = globals;
    this.hidden = hidden;
    this.parent = parent;
    this.undeclared = parent?.undeclared ?? new Map();
  }

  inner(hidden: ReadonlySet<string>, isBarrier = false): Scope {
    return new Scope(this.globals, hidden, this, isBarrier);
  }

  declare(name: string, location: Location): Variable {
    const variable = this.pending.get(name) ?? { name, location, isGenerated: false };
    this.pending.delete(name);
    this.declared.set(name, variable);
    return variable;
  }

  /** Names that `declare` will take: a use before it means the same variable, unless something else has the name. */
  expect(names: Iterable<string>, location: Location): void {
    for (const name of names) this.pending.set(name, { name, location, isGenerated: false });
  }

  /** A variable of another scope is declared here too. */
  adopt(variable: Variable): void {
    this.declared.set(variable.name, variable);
  }

  declares(name: string): boolean {
    return this.declared.has(name) || (!this.isBarrier && this.parent?.declares(name) === true);
  }

  generate(location: Location): Variable {
    return { name: '', location, isGenerated: true };
  }

  lookup(name: string, location: Location): Variable | Global {
    const declared = this.declaredVariable(name);
    if (declared !== undefined) return declared;
    const pending = this.pendingVariable(name);
    if (pending !== undefined) return pending;
    const global = this.global(name);
    if (global !== undefined) return global;
    const known = this.undeclared.get(name);
    if (known !== undefined) return known;
    const variable = { name, location, isGenerated: false };
    this.undeclared.set(name, variable);
    return variable;
  }

  global(name: string): Global | undefined {
    return this.isHidden(name) ? undefined : this.globals.get(name);
  }

  isDeclared(variable: Variable): boolean {
    return this.declaredVariable(variable.name) === variable;
  }

  /** All variables that a query may answer with. */
  get variables(): readonly Variable[] {
    return [...this.undeclared.values(), ...this.declared.values()];
  }

  private declaredVariable(name: string): Variable | undefined {
    return this.declared.get(name) ?? this.parent?.declaredVariable(name);
  }

  private pendingVariable(name: string): Variable | undefined {
    return this.pending.get(name) ?? this.parent?.pendingVariable(name);
  }

  private isHidden(name: string): boolean {
    return this.hidden.has(name) || this.parent?.isHidden(name) === true;
  }
}

/** The rules of the package and the imports of the module. */
export function globalsOf(module: Module, rules: ReadonlySet<string>): ReadonlyMap<string, Global> {
  const globals = new Map<string, Global>();
  const packagePath = stringsOf(module.package.path.path);
  for (const name of rules) globals.set(name, { root: 'data', path: [...packagePath, name] });
  for (const { path, alias } of module.imports) {
    const root = path.head.kind === 'var' ? path.head.name : '';
    if (root !== 'data' && root !== 'input') continue;
    const strings = stringsOf(path.path);
    globals.set(alias ?? strings.at(-1) ?? root, { root, path: strings });
  }
  return globals;
}

/** The texts of a path that holds strings only. */
export function stringsOf(path: readonly Term[]): readonly string[] {
  return path.flatMap((term) => (term.kind === 'string' ? [term.value] : []));
}

/** Those of one package together, by a text for its path. */
export function byPackage(modules: readonly Module[]): Map<string, Module[]> {
  return Map.groupBy(modules, (module) => pathKey(stringsOf(module.package.path.path)));
}

/** The name that a rule puts into its package. */
export function ruleName(rule: Rule): string {
  return rule.head.ref.head.kind === 'var' ? rule.head.ref.head.name : '';
}

/** The names that `:=`, `some` and patterns of the body declare, comprehensions apart. */
export function declaredNames(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  for (const expr of body) collectDeclared(expr, names);
  return names;
}

function collectDeclared(expr: Expr, names: Set<string>): void {
  switch (expr.kind) {
    case 'some':
      for (const symbol of expr.symbols) names.add(symbol.name);
      break;
    case 'some-in':
      for (const term of [expr.key, expr.value]) if (term) collectNames(term, names);
      break;
    case 'every':
      for (const inner of expr.body) collectDeclared(inner, names);
      break;
    case 'not':
      for (const inner of expr.body) collectDeclared(inner, names);
      break;
    case 'logical':
      for (const inner of [...expr.left, ...expr.right]) collectDeclared(inner, names);
      break;
    default: {
      const target = assignedTerm(expr.term);
      if (target !== undefined) collectNames(target, names);
    }
  }
}

/** The left side of `:=`. */
function assignedTerm(term: Term): Term | undefined {
  if (term.kind !== 'call' || term.operator.path.length > 0 || term.args.length !== 2) return undefined;
  const { head } = term.operator;
  return head.kind === 'var' && head.name === 'assign' ? term.args[0] : undefined;
}

/** Every variable that is written in the term. */
function collectNames(term: Term, names: Set<string>): void {
  switch (term.kind) {
    case 'var':
      names.add(term.name);
      break;
    case 'array':
    case 'set':
      for (const item of term.items) collectNames(item, names);
      break;
    case 'object':
      for (const entry of term.entries) for (const part of entry) collectNames(part, names);
      break;
    case 'ref':
      for (const part of [term.head, ...term.path]) collectNames(part, names);
      break;
    case 'call':
      for (const arg of term.args) collectNames(arg, names);
      break;
    default:
  }
}

/** The variables that a pattern binds: those in arrays and in values of objects. */
export function patternNames(term: Term): readonly string[] {
  switch (term.kind) {
    case 'var':
      return [term.name];
    case 'array':
      return term.items.flatMap(patternNames);
    case 'object':
      return term.entries.flatMap(([, value]) => patternNames(value));
    default:
      return [];
  }
}

/** The variables that `:=` declares: `data` and `input` alone are names there. */
export function assignedNames(term: Term): readonly string[] {
  switch (term.kind) {
    case 'ref':
      return term.path.length === 0 && term.head.kind === 'var' ? [term.head.name] : [];
    case 'array':
      return term.items.flatMap(assignedNames);
    case 'object':
      return term.entries.flatMap(([, value]) => assignedNames(value));
    default:
      return patternNames(term);
  }
}

/** The variables that are written in an argument; keys of objects are not matched. */
export function argumentNames(term: Term): readonly string[] {
  switch (term.kind) {
    case 'var':
      return [term.name];
    case 'array':
      return term.items.flatMap(argumentNames);
    case 'object':
      return term.entries.flatMap(([, value]) => argumentNames(value));
    case 'ref':
      return [term.head, ...term.path].flatMap(argumentNames);
    default:
      return [];
  }
}
