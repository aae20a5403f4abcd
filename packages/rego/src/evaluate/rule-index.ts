/**
 * Finds the clauses of a rule that may hold: most rules with many clauses tell them apart by one part of the input
 * or one argument that each clause compares with a constant.
 */
import type { Clause, Node } from '../plan/ir.ts';
import { pathKey } from '../values/text.ts';
import type { Value } from '../values/value.ts';
import { ValueMap } from '../values/value-map.ts';
import { lookup } from './document.ts';
import type { Machine } from './machine.ts';

/** The clauses that are worth a try, in their order. */
export type Candidates<Kind> = (machine: Machine, args: readonly Value[]) => readonly Kind[];

/** Fewer clauses are tried as fast as they are looked up. */
const MIN_CLAUSES = 3;

/** What a clause compares with a constant: an argument by its number, or a path below the input. */
type Subject = number | readonly Value[];

interface Test {
  readonly subject: Subject;
  readonly constant: Value;
}

/** `compiled` are the clauses as they run, in the same order. */
export function indexed<Kind>(clauses: readonly Clause[], compiled: readonly Kind[]): Candidates<Kind> {
  const tests = clauses.map(testsOf);
  const subject = clauses.length < MIN_CLAUSES ? undefined : bestSubject(tests);
  if (subject === undefined) return () => compiled;
  const constants = tests.map((all) => all.find((test) => keyOf(test.subject) === keyOf(subject))?.constant);
  const always = compiled.filter((_, at) => constants[at] === undefined);
  const byConstant = new ValueMap<readonly Kind[]>();
  for (const constant of constants) {
    if (constant === undefined || byConstant.has(constant)) continue;
    const same = new ValueMap<true>();
    same.set(constant, true);
    byConstant.set(
      constant,
      compiled.filter((_, at) => {
        const other = constants[at];
        return other === undefined || same.has(other);
      }),
    );
  }
  return (machine, args) => {
    const value = valueOf(subject, machine, args);
    return (value === undefined ? undefined : byConstant.get(value)) ?? always;
  };
}

function keyOf(subject: Subject): string {
  return typeof subject === 'number' ? String(subject) : `input ${pathKey(subject)}`;
}

/** The subject that the most clauses test, if it is more than one. */
function bestSubject(tests: readonly (readonly Test[])[]): Subject | undefined {
  const counts = new Map<string, { readonly subject: Subject; count: number }>();
  for (const { subject } of tests.flat()) {
    const known = counts.get(keyOf(subject));
    if (known === undefined) counts.set(keyOf(subject), { subject, count: 1 });
    else known.count++;
  }
  const [best] = [...counts.values()].toSorted((a, b) => b.count - a.count);
  return best === undefined || best.count < 2 ? undefined : best.subject;
}

function valueOf(subject: Subject, machine: Machine, args: readonly Value[]): Value | undefined {
  if (typeof subject === 'number') return args[subject];
  let value = machine.context.input;
  for (const name of subject) value = value === undefined ? undefined : lookup(value, name);
  return value;
}

/** An `else` may hold where its clause does not. */
function testsOf(clause: Clause): readonly Test[] {
  if (clause.else !== undefined) return [];
  const args = clause.args ?? [];
  const ofArgs = args.flatMap((arg, subject) =>
    arg.kind === 'constant' ? [{ subject, constant: arg.value }] : [],
  );
  const ofBody = clause.body.flatMap((statement) => {
    if (statement.negated || statement.with.length > 0) return [];
    const sides = sidesOf(statement);
    return sides === undefined ? [] : [...test(sides[0], sides[1], args), ...test(sides[1], sides[0], args)];
  });
  return [...ofArgs, ...ofBody];
}

function sidesOf(statement: Clause['body'][number]): readonly [Node, Node] | undefined {
  if (statement.kind === 'unify') return [statement.left, statement.right];
  if (statement.kind !== 'call' || statement.callee.type !== 'builtin') return undefined;
  const [left, right] = statement.args;
  if (statement.callee.name !== 'equal' || statement.output !== undefined) return undefined;
  return left === undefined || right === undefined ? undefined : [left, right];
}

function test(tested: Node, constant: Node, args: readonly Node[]): readonly Test[] {
  if (constant.kind !== 'constant') return [];
  if (tested.kind === 'variable') {
    const subject = args.findIndex((arg) => arg.kind === 'variable' && arg.variable === tested.variable);
    return subject < 0 ? [] : [{ subject, constant: constant.value }];
  }
  if (tested.kind !== 'ref' || tested.head !== 'input') return [];
  const path = tested.path.flatMap((part) =>
    part.kind === 'constant' && (part.value === null || typeof part.value !== 'object') ? [part.value] : [],
  );
  const isJson = path.every((part) => typeof part !== 'bigint');
  return isJson && path.length === tested.path.length ? [{ subject: path, constant: constant.value }] : [];
}
