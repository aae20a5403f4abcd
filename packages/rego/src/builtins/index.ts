/** The built-ins that need nothing but the language: no dependency, no clock, no network. */
import { AGGREGATES } from './aggregates.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { ARRAYS } from './arrays.ts';
import type { Builtin, BuiltinGroup } from './builtin.ts';
import { COMPARISON } from './comparison.ts';
import { ENCODING } from './encoding.ts';
import { GLOB } from './glob.ts';
import { GRAPH } from './graph.ts';
import { HOST } from './host.ts';
import { JSON_PATCH } from './json-patch.ts';
import { JSON_PATHS } from './json-paths.ts';
import { NET } from './net.ts';
import { NUMBERS } from './numbers.ts';
import { OBJECTS } from './objects.ts';
import { SEMVER } from './semver.ts';
import { SETS } from './sets.ts';
import { SPRINTF } from './sprintf.ts';
import { STRING_SEARCH } from './string-search.ts';
import { STRINGS } from './strings.ts';
import { TIME } from './time.ts';
import { TYPES } from './types.ts';
import { UNITS_GROUP } from './units.ts';
import { URI } from './uri.ts';
import { UUID } from './uuid.ts';
export const CORE_BUILTINS: BuiltinGroup = merged([
  AGGREGATES,
  ARITHMETIC,
  ARRAYS,
  COMPARISON,
  ENCODING,
  GLOB,
  GRAPH,
  HOST,
  JSON_PATCH,
  JSON_PATHS,
  NET,
  OBJECTS,
  SETS,
  SPRINTF,
  STRING_SEARCH,
  STRINGS,
  TYPES,
  NUMBERS,
  SEMVER,
  TIME,
  UNITS_GROUP,
  URI,
  UUID,
]);

/** Groups as one; a later group's built-in replaces an earlier one's. */
export function merged(groups: readonly BuiltinGroup[]): BuiltinGroup {
  const all = new Map<string, Builtin>();
  for (const group of groups) for (const [name, builtin] of group) all.set(name, builtin);
  return all;
}
