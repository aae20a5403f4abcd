/** Which groups of built-ins programs need, so that a host loads no others. */
import type { Body, Module, RefTerm } from '../syntax/ast.ts';
import { dottedName } from '../syntax/names.ts';
import { visitBody, visitRule, type Visitor } from '../syntax/visit.ts';

/** Groups beside the core, by what their names begin with. */
const PREFIXES = {
  regex: ['regex.', 're_match'],
  yaml: ['yaml.'],
  schema: ['json.match_schema', 'json.verify_schema'],
  graphql: ['graphql.'],
  jwt: ['io.jwt.'],
  x509: ['crypto.x509.', 'crypto.parse_private_keys'],
  hashes: ['crypto.md5', 'crypto.sha', 'crypto.hmac.'],
  aws: ['providers.aws.'],
  template: ['strings.render_template'],
  'parse-module': ['rego.parse_module'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type GroupName = keyof typeof PREFIXES;

/** All groups, in no particular order. */
export const GROUP_NAMES = Object.keys(PREFIXES) as readonly GroupName[];

/** Undefined for a built-in of the core, and for what is none. */
export function groupOf(builtin: string): GroupName | undefined {
  return GROUP_NAMES.find((group) => PREFIXES[group].some((prefix) => builtin.startsWith(prefix)));
}

/** A name counts wherever it stands: also one that `with` puts in another's place. */
export function neededGroups(
  modules: readonly Module[],
  queries: readonly Body[] = [],
): ReadonlySet<GroupName> {
  const needed = new Set<GroupName>();
  const add = (ref: RefTerm): void => {
    const group = groupOf(dottedName(ref) ?? '');
    if (group !== undefined) needed.add(group);
  };
  const visitor: Visitor = {
    term: (term) => {
      if (term.kind === 'call') add(term.operator);
      if (term.kind === 'ref') add(term);
      return false;
    },
  };
  for (const { rules } of modules) for (const rule of rules) visitRule(rule, visitor);
  for (const query of queries) visitBody(query, visitor);
  return needed;
}
