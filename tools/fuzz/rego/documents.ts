/** Values of Rego as JSON, so that mutations see their structure: sets and objects under any keys have tags. */
import { type Entry, parseJson, RegoArray, RegoObject, RegoSet, toPlain, type Value } from '@waybill/rego';

const SET = '$set';
const OBJECT = '$object';

export function tagged(value: Value): unknown {
  if (value instanceof RegoArray) return value.items.map(tagged);
  if (value instanceof RegoSet) return { [SET]: value.items.map(tagged) };
  if (!(value instanceof RegoObject)) return toPlain(value);
  const entries = value.entries().map(([key, item]) => [tagged(key), tagged(item)] as const);
  return entries.every(([key]) => typeof key === 'string')
    ? Object.fromEntries(entries as (readonly [string, unknown])[])
    : { [OBJECT]: entries };
}

/** Whatever the mutations left: what is no longer a tag is an object like any other. Throws a SyntaxError. */
export function untagged(json: string): Value {
  return untag(parseJson(json));
}

function untag(value: Value): Value {
  if (value instanceof RegoArray) return new RegoArray(value.items.map(untag));
  if (!(value instanceof RegoObject)) return value;
  const members = value.size === 1 ? value.get(SET) : undefined;
  if (members instanceof RegoArray) return RegoSet.of(members.items.map(untag));
  const pairs = value.size === 1 ? value.get(OBJECT) : undefined;
  if (pairs instanceof RegoArray) return RegoObject.of(pairs.items.flatMap(entryOf));
  return RegoObject.of(value.entries().map(([key, item]): Entry => [key, untag(item)]));
}

function entryOf(pair: Value): readonly Entry[] {
  const [key, item] = pair instanceof RegoArray ? pair.items : [];
  return key === undefined || item === undefined ? [] : [[untag(key), untag(item)]];
}
