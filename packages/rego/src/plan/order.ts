/** Clauses with their bodies in the order in which they are evaluated, or what keeps them from it. */
import type { Location } from '../syntax/ast.ts';
import type { RegoProblem } from '../syntax/error.ts';
import type { Clause, Node, Statement, Variable } from './ir.ts';
import { argumentVariables, reorder, type Unsafe } from './safety.ts';
import { allVariables, statementVariables } from './variables.ts';

/** The clause and its `else` clauses in order; problems where no order is safe. */
export function orderClause(clause: Clause, scope = ''): Ordered<Clause> {
  const unsafe: Unsafe = new Map();
  const body = reorder(clause.body, argumentVariables(clause.args ?? []), unsafe);
  const rest = clause.else && orderClause(clause.else, scope);
  return {
    ordered: { ...clause, body, else: rest?.ordered },
    problems: [...unsafeProblems(unsafe, scope), ...(rest?.problems ?? [])],
  };
}

export interface Ordered<Kind> {
  readonly ordered: Kind;
  readonly problems: readonly RegoProblem[];
}

export function orderBody(body: readonly Statement[]): Ordered<readonly Statement[]> {
  const unsafe: Unsafe = new Map();
  const ordered = reorder(body, new Set(), unsafe);
  return { ordered, problems: unsafeProblems(unsafe, '') };
}

/** Variables of the head, and of its `else` heads, that neither the body nor the arguments hold. */
export function unsafeHeads(clause: Clause, scope = ''): readonly RegoProblem[] {
  const known = allVariables(...(clause.args ?? []));
  for (const statement of clause.body) {
    for (const variable of statementVariables(statement, () => new Set())) known.add(variable);
  }
  const heads = [...clause.suffix, clause.key, clause.value].filter(
    (node): node is Node => node !== undefined,
  );
  const unsafe = [...allVariables(...heads)].filter((variable) => !known.has(variable));
  return [
    ...unsafe
      .filter(({ isGenerated }) => !isGenerated)
      .map((variable) => unsafeProblem(variable, variable.location, scope)),
    ...(clause.else === undefined ? [] : unsafeHeads(clause.else, scope)),
  ];
}

function unsafeProblem({ name }: Variable, location: Location, scope: string): RegoProblem {
  const hint = KEYWORDS.has(name)
    ? ` (hint: \`import future.keywords.${name}\` to import a future keyword)`
    : '';
  return { code: 'rego_unsafe_var_error', message: `var ${name} is unsafe${scope}${hint}`, location };
}

const KEYWORDS: ReadonlySet<string> = new Set(['in', 'every', 'contains', 'if', 'not', 'and', 'or']);

/** As OPA tells them: each variable once, at the first statement that needs it. */
function unsafeProblems(unsafe: Unsafe, scope: string): readonly RegoProblem[] {
  const assigned = assignedVariables(unsafe);
  const named = [...firstPlaces(unsafe)].filter(([variable]) => !variable.isGenerated);
  const others = named.filter(([variable]) => !assigned.has(variable));
  const told = others.length > 0 ? others : named;
  if (told.length > 0) {
    return told
      .toSorted(([, a], [, b]) => compareLocations(a, b))
      .map(([variable, location]) => unsafeProblem(variable, location, scope));
  }
  return unsafeExpressions(unsafe, scope);
}

function firstPlaces(unsafe: Unsafe): ReadonlyMap<Variable, Location> {
  const places = new Map<Variable, Location>();
  for (const [{ location }, variables] of unsafe) {
    for (const variable of variables) {
      const known = places.get(variable);
      if (known === undefined || compareLocations(location, known) < 0) places.set(variable, location);
    }
  }
  return places;
}

/** What an unsafe `:=` should bind: its right side is the cause. */
function assignedVariables(unsafe: Unsafe): ReadonlySet<Variable> {
  return new Set(
    [...unsafe.keys()].flatMap((statement) =>
      statement.kind === 'unify' && statement.isAssignment ? [...allVariables(statement.left)] : [],
    ),
  );
}

/** Where only variables are unsafe that nobody has written. */
function unsafeExpressions(unsafe: Unsafe, scope: string): readonly RegoProblem[] {
  const seen = new Set<Variable>();
  const statements = [...unsafe].toSorted(([a], [b]) => compareLocations(a.location, b.location));
  return statements.flatMap(([{ location }, variables]): readonly RegoProblem[] => {
    const fresh = [...variables].filter((variable) => variable.isGenerated && !seen.has(variable));
    for (const variable of fresh) seen.add(variable);
    if (fresh.length === 0) return [];
    return [{ code: 'rego_unsafe_var_error', message: `expression is unsafe${scope}`, location }];
  });
}

function compareLocations(a: Location, b: Location): number {
  return a.row - b.row || a.col - b.col;
}
