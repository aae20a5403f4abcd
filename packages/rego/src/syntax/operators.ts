import type { Location, RefTerm } from './ast.ts';
import type { Operator } from './token.ts';

/** How strongly an infix operator binds; all bind to the left. */
const PRECEDENCE: Readonly<Record<Operator, number>> = {
  equal: 1,
  neq: 1,
  lt: 1,
  gt: 1,
  lte: 1,
  gte: 1,
  or: 2,
  and: 3,
  plus: 4,
  minus: 4,
  mul: 5,
  div: 5,
  rem: 5,
};
const TABLE: ReadonlyMap<string, number> = new Map(Object.entries(PRECEDENCE));

export const LOWEST_PRECEDENCE = 1;
/** The built-ins that `in` stands for. */
export const MEMBER = 'internal.member_2';
export const MEMBER_WITH_KEY = 'internal.member_3';

/** Undefined for what is no infix operator. */
export function precedenceOf(token: string): number | undefined {
  return TABLE.get(token);
}

export function operatorRef(name: string, location: Location): RefTerm {
  return { kind: 'ref', head: { kind: 'var', name, location }, path: [], location };
}

export function memberRef(withKey: boolean, location: Location): RefTerm {
  const value = withKey ? 'member_3' : 'member_2';
  const head = { kind: 'var' as const, name: 'internal', location };
  return { kind: 'ref', head, path: [{ kind: 'string', value, location }], location };
}
