/** Test rules as `opa test` finds them: named `test_…`, or `todo_test_…` to be skipped. */
import { stringsOf } from '../plan/scope.ts';
import type { Body, CallTerm, Expr, Module, RefTerm, Rule, Term } from '../syntax/ast.ts';
import { dottedName } from '../syntax/names.ts';
import { refText } from '../syntax/text.ts';
import { visitBody, visitTerms } from '../syntax/visit.ts';

export interface TestRule {
  readonly rule: Rule;
  /** `data.example_test` */
  readonly package: string;
  /** Unique in its package: of several rules of one name each is a test of its own. */
  readonly name: string;
  /** Below `data`. */
  readonly path: readonly string[];
  readonly isSkipped: boolean;
  /** Its head ends in variables: each value of them is a case of its own. */
  readonly hasCases: boolean;
}

export interface FoundTests {
  /** With test rules renamed and made to tell their cases. */
  readonly modules: readonly Module[];
  readonly tests: readonly TestRule[];
}

/** What test rules call with the keys of each case that they come to. */
export const TEST_CASE = 'internal.test_case';
const NO_PLACE = { file: '', row: 0, col: 0, offset: 0, end: 0 };

export function findTests(modules: readonly Module[]): FoundTests {
  const counts = new Map<string, number>();
  const tests: TestRule[] = [];
  const renamed = modules.map((module) => ({
    ...module,
    rules: module.rules.map((rule) => {
      const test = testOf(rule, module, counts);
      if (test === undefined) return rule;
      tests.push(test);
      return test.rule;
    }),
  }));
  return { modules: renamed, tests };
}

function testOf(rule: Rule, module: Module, counts: Map<string, number>): TestRule | undefined {
  const names = namesOf(rule.head.ref);
  const at = names.findIndex((name) => /^(?:todo_)?test_/.test(name));
  const found = names[at];
  if (found === undefined) return undefined;
  const ref = upTo(rule.head.ref, at);
  const place = dottedName(module.package.path) ?? '';
  const key = `${place} ${refText(ref)}`;
  const count = counts.get(key) ?? 0;
  counts.set(key, count + 1);
  const isSkipped = found.startsWith('todo_');
  const isRenamed = count > 0 && !isSkipped;
  const name = isRenamed ? `${found}#${String(count).padStart(2, '0')}` : found;
  const cases = rule.head.ref.path.slice(at);
  const told = cases.length === 0 || isSkipped ? rule : tellingCase(rule, cases);
  return {
    rule: isRenamed ? withName(told, at, name) : told,
    package: place,
    name: refText(renamedRef(ref, at, name)),
    path: [...stringsOf(module.package.path.path), ...names.slice(0, at), name],
    isSkipped,
    hasCases: cases.some(({ kind }) => kind !== 'string') && rule.head.key === undefined,
  };
}

/** The names of the ref's constant beginning; empty for what is no name. */
function namesOf({ head, path }: RefTerm): readonly string[] {
  const names = [head.kind === 'var' ? head.name : ''];
  for (const part of path) {
    if (part.kind === 'var' || part.kind === 'ref') break;
    names.push(part.kind === 'string' ? part.value : '');
  }
  return names;
}

function upTo(ref: RefTerm, at: number): RefTerm {
  return { ...ref, path: ref.path.slice(0, at) };
}

function renamedRef(ref: RefTerm, at: number, name: string): RefTerm {
  if (at === 0) return { ...ref, head: { ...ref.head, kind: 'var', name } as RefTerm['head'] };
  const path = ref.path.map((part, index): Term => {
    return index === at - 1 ? { kind: 'string', value: name, location: part.location } : part;
  });
  return { ...ref, path };
}

function withName(rule: Rule, at: number, name: string): Rule {
  return {
    ...rule,
    head: { ...rule.head, ref: renamedRef(rule.head.ref, at, name) },
    else: rule.else && withName(rule.else, at, name),
  };
}

/** The call stands behind the first expressions that name its variables, so that as few as possible can fail before it. */
function tellingCase(rule: Rule, cases: readonly Term[]): Rule {
  const location = NO_PLACE;
  const [room = '', name = ''] = TEST_CASE.split('.');
  const operator: RefTerm = {
    kind: 'ref',
    head: { kind: 'var', name: room, location },
    path: [{ kind: 'string', value: name, location }],
    location,
  };
  const term: CallTerm = {
    kind: 'call',
    operator,
    args: [{ kind: 'array', items: cases, location }],
    location,
  };
  const expr: Expr = { kind: 'term', term, negated: false, with: [], location };
  return { ...rule, body: rule.body.toSpliced(placeFor(variablesIn(cases), rule.body), 0, expr) };
}

function placeFor(variables: ReadonlySet<string>, body: Body): number {
  const firsts = [...variables].map((name) =>
    body.findIndex((expr) => {
      const named = new Set<string>();
      visitBody([expr], { term: collector(named) });
      return named.has(name);
    }),
  );
  return Math.max(0, ...firsts.map((index) => index + 1));
}

function variablesIn(terms: readonly Term[]): ReadonlySet<string> {
  const names = new Set<string>();
  visitTerms(terms, { term: collector(names) });
  return names;
}

function collector(names: Set<string>): (term: Term) => false {
  return (term) => {
    if (term.kind === 'var') names.add(term.name);
    return false;
  };
}
