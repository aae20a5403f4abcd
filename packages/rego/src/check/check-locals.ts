/** Declarations of variables: what is declared twice, used before, or never. */
import { signatureOf } from '../builtins/signatures.ts';
import { declaredNames } from '../plan/scope.ts';
import type { Body, Location, Module, Rule, Term, With } from '../syntax/ast.ts';
import type { RegoProblem } from '../syntax/error.ts';
import { type Visitor, visitBody, visitTerms } from '../syntax/visit.ts';
import type { Findings } from './findings.ts';
import { LocalScopes } from './local-scopes.ts';
import { Locals } from './locals.ts';
import { freeVariablesOf, variablesOf } from './names.ts';
import { visitArgument } from './patterns.ts';

/** What the walk through the variables tells to later stages. */
export interface LocalNames {
  /** Calls by the name of a variable. */
  readonly hiddenCalls: RegoProblem[];
  /** Modifiers whose target is a variable. */
  readonly localTargets: Set<With>;
}

export function checkLocals(modules: readonly Module[], strict: boolean, findings: Findings): LocalNames {
  const names: LocalNames = { hiddenCalls: [], localTargets: new Set() };
  for (const module of modules) for (const rule of module.rules) checkRule(rule, strict, findings, names);
  return names;
}

/** All `else` rules know the arguments of the first. */
function checkRule(first: Rule, strict: boolean, findings: Findings, names: LocalNames): void {
  const args = new LocalScopes();
  for (const arg of first.head.args ?? []) declareArgument(arg, args, findings);
  const unused = new Set(strict ? variablesOf(...(first.head.args ?? [])) : []);
  for (let rule: Rule | undefined = first; rule !== undefined; rule = rule.else) {
    const scopes = new LocalScopes(args.current);
    const { inHead, inBody } = checkDefinition(rule, scopes, strict);
    findings.stopAll([...inHead.errors, ...inBody.errors]);
    for (const problem of [...inHead.unused, ...inBody.unused]) findings.add(problem);
    for (const locals of [inHead, inBody]) {
      names.hiddenCalls.push(...locals.hiddenCalls);
      for (const modifier of locals.localTargets) names.localTargets.add(modifier);
    }
    const inValue = freeVariablesOf(rule.head.value);
    for (const name of unused) {
      if ((scopes.find(name)?.count ?? 0) > 1 || inValue.has(name)) unused.delete(name);
    }
  }
  for (const name of unused) {
    if (name.startsWith('$')) continue;
    const message = `unused argument ${name}. (hint: use _ (wildcard variable) instead)`;
    findings.note('rego_compile_error', message, first.head.location);
  }
}

function declareArgument(arg: Term, scopes: LocalScopes, findings: Findings): void {
  visitArgument(arg, {
    variable: (name, location) => {
      const known = scopes.find(name);
      if (known === undefined) scopes.insert(name, 'argument', location, true);
      else known.count++;
    },
    call: (location) => findings.stop('rego_compile_error', 'rule arguments cannot contain calls', location),
  });
}

function checkDefinition(
  { head, body }: Rule,
  scopes: LocalScopes,
  strict: boolean,
): { readonly inHead: Locals; readonly inBody: Locals } {
  const inHead = new Locals(new LocalScopes(), strict);
  for (const term of [...(head.args ?? []), head.key, head.value]) {
    if (term !== undefined) inHead.closuresOf(term);
  }
  hideBuiltins(body, scopes);
  const inBody = new Locals(scopes, strict);
  inBody.body(body, freeVariablesOf(...head.ref.path, head.key, head.value));
  visitTerms(
    [head.key, head.value].filter((term) => term !== undefined),
    {
      term: (term) => {
        if (term.kind === 'call') inBody.hiddenCall(term, term.location);
        return 'body' in term;
      },
    },
  );
  return { inHead, inBody };
}

/** A variable named as a built-in is one of the rule, unless it names a replacement behind `with`. */
function hideBuiltins(body: Body, scopes: LocalScopes): void {
  const declared = declaredNames(body);
  const mocks = mockedNames(body);
  for (const [name, location] of operands(body)) {
    if (signatureOf(name) === undefined || declared.has(name) || mocks.has(name)) continue;
    if (scopes.find(name) === undefined) scopes.insert(name, 'seen', location, true);
  }
}

function mockedNames(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  visitBody(body, {
    expr: ({ with: modifiers }) => {
      for (const { target, value } of modifiers) {
        for (const name of variablesOf(target, value)) names.add(name);
      }
      return false;
    },
  });
  return names;
}

/** The variables of a body, but for the names of what is called, and for closures. */
function operands(body: Body): ReadonlyMap<string, Location> {
  const names = new Map<string, Location>();
  const visitor: Visitor = {
    expr: ({ kind }) => kind === 'every' || kind === 'not' || kind === 'logical',
    term: (term) => {
      if (term.kind === 'var') names.set(term.name, term.location);
      if (term.kind === 'call') {
        visitTerms([...term.operator.path, ...term.args], visitor);
        return true;
      }
      return term.kind.endsWith('-comprehension');
    },
  };
  visitBody(body, visitor);
  return names;
}
