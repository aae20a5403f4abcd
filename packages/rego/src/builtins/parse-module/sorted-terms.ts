/** Terms that are no values, in the order that OPA keeps sets and keys in. */
import { compare } from '../../values/order.ts';
import { RegoArray, type RegoObject, type Value } from '../../values/value.ts';

const RANKS: ReadonlyMap<Value | undefined, number> = new Map(
  [
    'null',
    'boolean',
    'number',
    'string',
    'var',
    'ref',
    'array',
    'object',
    'set',
    'arraycomprehension',
    'objectcomprehension',
    'setcomprehension',
    'call',
    'templatestring',
  ].map((type, rank) => [type, rank]),
);

function rankOf(term: RegoObject): number {
  return RANKS.get(term.get('type')) ?? RANKS.size;
}

/** Of two terms in their JSON. */
function compareTerms(a: RegoObject, b: RegoObject): number {
  const order = rankOf(a) - rankOf(b);
  return order === 0 ? compareParts(a.get('value') ?? null, b.get('value') ?? null) : order;
}

function isTerm(value: Value | undefined): value is RegoObject {
  return typeof value === 'object' && value !== null && 'get' in value && value.has('type');
}

function compareParts(a: Value, b: Value): number {
  if (!(a instanceof RegoArray && b instanceof RegoArray)) return compare(a, b);
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const [left, right] = [a.items[index] ?? null, b.items[index] ?? null];
    const order = isTerm(left) && isTerm(right) ? compareTerms(left, right) : compareParts(left, right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Equal ones once. */
export function sortedTerms(terms: readonly RegoObject[]): RegoObject[] {
  const sorted = terms.toSorted(compareTerms);
  return sorted.filter((term, index) => {
    const before = sorted[index - 1];
    return before === undefined || compareTerms(before, term) !== 0;
  });
}

type TermEntry = readonly [key: RegoObject, value: RegoObject];

/** Of equal keys the last. */
export function sortedEntries(entries: readonly TermEntry[]): TermEntry[] {
  const sorted = entries.toSorted(([a], [b]) => compareTerms(a, b));
  return sorted.filter(([key], index) => {
    const after = sorted[index + 1];
    return after === undefined || compareTerms(key, after[0]) !== 0;
  });
}
