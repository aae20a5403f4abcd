/** Small Rego programs by chance: each is one module of package `t` over the same documents. */

export const INPUT = JSON.stringify({
  c: { one: 1, two: 2, ex: 'x', yes: true, no: false, nil: null },
  a: [1, 2, 3, 2],
  o: { x: 1, y: [1, 'k'], z: { x: 2 } },
  s: 'abc',
  m: [
    [1, 2],
    [3, 4],
  ],
  rs: [
    { id: 'x', v: 1, t: ['p', 'q'] },
    { id: 'y', v: 2, t: ['q'] },
  ],
});
export const BASE = JSON.stringify({ list: [1, 2, { x: 1 }], map: { a: { x: 1 }, b: [1, 2], x: 2 } });

const VARIABLES = ['x', 'y', 'z', 'w', 'i', 'j', 'k'];
const LITERALS = ['1', '2', '"x"', '"k"', 'true', 'false', 'null', '1.5', '[1, 2]'];
const CONSTANTS = ['one', 'two', 'ex', 'yes', 'no', 'nil'].map((name) => `input.c.${name}`);
const PLACES = ['input.a', 'input.o', 'input.o.y', 'input.m', 'input.rs', 'data.base.list', 'data.base.map'];
const DOMAINS = [...PLACES, 'input.rs[_].t', 'input.c', 'input.m[_]'];

/** What the body being written knows. */
interface Scope {
  readonly bound: string[];
  readonly depth: number;
}

/** The same seed gives the same programs. */
export class Programs {
  private state: number;
  private rules: string[] = [];
  private functions: string[] = [];

  constructor(seed: number) {
    this.state = seed | 1;
  }

  next(): string {
    this.rules = [];
    this.functions = [];
    const rules = Array.from({ length: 2 + this.below(5) }, (_, at) => this.rule(`r${at}`));
    return `package t\n\n${rules.join('\n\n')}\n`;
  }

  private below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % limit;
  }

  private pick<Choice>(choices: readonly Choice[]): Choice {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new Error('nothing to choose from');
    return choice;
  }

  private one(makers: readonly (() => string)[]): string {
    return this.pick(makers)();
  }

  private rule(name: string): string {
    const scope: Scope = { bound: [], depth: 2 };
    const text = this.one([
      () => this.complete(name, scope),
      () => this.withBody(scope, () => `${name} contains ${this.term({ ...scope, depth: 1 })}`),
      () =>
        this.withBody(scope, () => `${name}[${this.known(scope)}] := ${this.term({ ...scope, depth: 1 })}`),
      () => this.withBody(scope, () => `${name}.x[${this.known(scope)}].q := ${this.known(scope)}`),
      () => this.withBody(scope, () => `${name}[${this.known(scope)}] contains ${this.known(scope)}`),
      () => this.function(name),
    ]);
    if (!this.functions.includes(name)) this.rules.push(name);
    return text;
  }

  private complete(name: string, scope: Scope): string {
    const first = this.below(3) === 0 ? `default ${name} := ${this.pick(LITERALS)}\n\n` : '';
    const rule = this.withBody(scope, () => `${name} := ${this.term({ ...scope, depth: 1 })}`);
    if (this.below(3) > 0) return first + rule;
    const other: Scope = { bound: [], depth: 1 };
    const body = this.body(other, 1);
    return `${first}${rule} else := ${this.term(other)} if {\n\t${body}\n}`;
  }

  private function(name: string): string {
    this.functions.push(name);
    const scope: Scope = { bound: ['x'], depth: 2 };
    const argument = this.pick(['x', 'x', '[x, y]', '"x"']);
    if (argument === '[x, y]') scope.bound.push('y');
    if (argument === '"x"') scope.bound.pop();
    return this.withBody(scope, () => `${name}(${argument}) := ${this.term({ ...scope, depth: 1 })}`);
  }

  /** The body first: the head may name what it binds. */
  private withBody(scope: Scope, head: () => string): string {
    const body = this.body(scope, 1 + this.below(3));
    return `${head()} if {\n\t${body}\n}`;
  }

  private body(scope: Scope, length: number, separator = '\n\t'): string {
    const before = new Set(scope.bound);
    const lines: string[] = [];
    if (this.below(3) > 0) lines.push(`some ${this.fresh(scope)} in ${this.pick(DOMAINS)}`);
    for (let at = 0; at < length; at++) lines.push(this.expression(scope));
    const added = scope.bound.filter((name) => !before.has(name));
    // What is declared must be used.
    if (added.length > 0) lines.push(`is_array([${[...new Set(added)].join(', ')}])`);
    return lines.join(separator);
  }

  /** A variable that is not bound yet, and is from now on. */
  private fresh(scope: Scope): string {
    const free = VARIABLES.filter((name) => !scope.bound.includes(name));
    const name = free.length > 0 ? this.pick(free) : `v${scope.bound.length}`;
    scope.bound.push(name);
    return name;
  }

  private known(scope: Scope): string {
    return scope.bound.length > 0 ? this.pick(scope.bound) : this.pick(LITERALS);
  }

  private expression(scope: Scope): string {
    const inner = { ...scope, depth: scope.depth - 1 };
    return this.one([
      () => assignment(this.term(inner), this.fresh(scope)),
      () => domain(this.ref(inner), this.fresh(scope)),
      () => unification(this.ref(inner), this.fresh(scope)),
      () => unification(this.ref(inner), `[${this.fresh(scope)}, ${this.fresh(scope)}]`),
      () => `${this.term(inner)} ${this.pick(['==', '!=', '<', '>='])} ${this.other(inner)}`,
      () => `${this.term(inner)} in ${this.other(inner)}`,
      () => `not ${this.named(this.ref(inner), inner)}`,
      () => `not ${this.named(`${this.term(inner)} == ${this.other(inner)}`, inner)}`,
      () => this.ref(inner),
      () => `walk(${this.pick(PLACES)}, [${this.fresh(scope)}, ${this.fresh(scope)}])`,
      () => this.every(inner),
      () => this.modified(inner),
    ]);
  }

  /** With a name for each `_`: what is negated may bind nothing. */
  private named(text: string, scope: Scope): string {
    return text.replaceAll('[_]', () => `[${this.known(scope)}]`);
  }

  private every(scope: Scope): string {
    const inner = { bound: [...scope.bound], depth: scope.depth };
    const values = this.ref(scope);
    const name = this.fresh(inner);
    return `every ${name} in ${values} { ${name} != null; ${this.body(inner, 1, '; ')} }`;
  }

  private modified(scope: Scope): string {
    const target = this.pick(['input', 'input.o', 'input.a', 'data.base', 'data.base.list']);
    return `${this.ref(scope)} with ${target} as ${this.term(scope)}`;
  }

  private term(scope: Scope): string {
    if (scope.depth <= 0) return this.one([() => this.pick(CONSTANTS), () => this.known(scope)]);
    const inner = { ...scope, depth: scope.depth - 1 };
    return this.one([
      () => this.pick(CONSTANTS),
      () => this.known(scope),
      () => this.ref(inner),
      () => this.call(inner),
      () => `[${this.term(inner)}, ${this.term(inner)}]`,
      () => `{"x": ${this.term(inner)}}`,
      () => `{${this.term(inner)}, ${this.term(inner)}}`,
      () => this.comprehension(inner),
    ]);
  }

  /** What a term is compared with: mostly something whose type the check does not know. */
  private other(scope: Scope): string {
    return this.below(4) === 0 ? this.term(scope) : this.ref(scope);
  }

  private ref(scope: Scope): string {
    const rule = this.rules.length > 0 ? this.pick(this.rules) : this.pick(PLACES);
    const head = this.pick([this.pick(PLACES), rule, this.known(scope)]);
    const path = Array.from({ length: this.below(3) }, () =>
      this.one([
        () => `.${this.pick(['x', 'y', 'id', 't'])}`,
        () => '[_]',
        () => `[${this.known(scope)}]`,
        () => '[0]',
      ]),
    );
    return /^[a-z]/.test(head) && !LITERALS.includes(head) ? head + path.join('') : this.pick(PLACES);
  }

  private call(scope: Scope): string {
    if (this.functions.length > 0 && this.below(2) > 0)
      return `${this.pick(this.functions)}(${this.term(scope)})`;
    return this.one([
      () => `count(${this.ref(scope)})`,
      () => `sum(${this.ref(scope)})`,
      () => `object.get(${this.ref(scope)}, ${this.known(scope)}, "default")`,
      () => `sprintf("%v", [${this.term(scope)}])`,
      () => `array.concat(${this.ref(scope)}, ${this.ref(scope)})`,
    ]);
  }

  private comprehension(scope: Scope): string {
    const inner = { bound: [...scope.bound], depth: scope.depth };
    const body = this.body(inner, 1, '; ');
    return this.pick([
      `[${this.known(inner)} | ${body}]`,
      `{${this.known(inner)} | ${body}}`,
      `{${this.known(inner)}: ${this.known(inner)} | ${body}}`,
    ]);
  }
}

function assignment(value: string, name: string): string {
  return `${name} := ${value}`;
}

/** The value first: it must not need what it binds. */
function unification(value: string, pattern: string): string {
  return `${pattern} = ${value}`;
}

function domain(values: string, name: string): string {
  return `some ${name} in ${values}`;
}
