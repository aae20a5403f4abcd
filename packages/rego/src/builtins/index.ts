/** The built-ins that need nothing but the language: no dependency, no clock, no network. */
import { AGGREGATES } from './aggregates.ts';
import { ARRAYS } from './arrays.ts';
import { type BuiltinGroup, merged } from './builtin.ts';
import { ENCODING } from './encoding.ts';
import { GLOB } from './glob.ts';
import { GRAPH } from './graph.ts';
import { HOST } from './host.ts';
import { JSON_PATCH } from './json-patch.ts';
import { JSON_PATHS } from './json-paths.ts';
import { NET } from './net.ts';
import { NUMBERS } from './numbers.ts';
import { OBJECTS } from './objects.ts';
import { OPERATORS } from './operators.ts';
import { SEMVER } from './semver.ts';
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
  ARRAYS,
  ENCODING,
  GLOB,
  GRAPH,
  HOST,
  JSON_PATCH,
  JSON_PATHS,
  NET,
  OBJECTS,
  OPERATORS,
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
